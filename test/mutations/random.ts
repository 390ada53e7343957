/** Chance that can be had again: the same seed gives the same numbers. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** A whole number from 0, below `limit`. */
  below(limit: number): number;
  /** One of the items, of which there must be at least one. */
  one<T>(items: readonly T[]): T;
}

/** "mulberry32": small, quick, and good enough to vary things. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    one: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('one of nothing');
      return item;
    },
  };
}
