/** The times at which requests left, in the order in which they were added, of which the oldest are dropped. */
export interface SlidingWindow {
  count(): number;
  /** The `index`-th oldest. */
  at(index: number): number;
  add(time: number): void;
  /** Drops what lies at or before `limit`. Costs what is dropped, not what is kept. */
  forgetBefore(limit: number): void;
}

/** An empty window. Memory grows with the times that are kept. */
export function createSlidingWindow(): SlidingWindow {
  let times: number[] = [];
  let first = 0;
  return {
    count: () => times.length - first,
    at: (index) => times[first + index] ?? Number.NEGATIVE_INFINITY,
    add: (time) => {
      times.push(time);
    },
    forgetBefore: (limit) => {
      while (first < times.length && (times[first] ?? limit) <= limit) first += 1;
      if (first > 1_024 && first * 2 > times.length) {
        times = times.slice(first);
        first = 0;
      }
    },
  };
}
