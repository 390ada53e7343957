import { hash } from 'node:crypto';

/**
 * Orders replicas by whose a unit is: the first has it, the second is next when that one goes, and so on. Whoever computes this comes
 * to the same order, and a replica that joins or goes moves only what becomes its own, or was (rendezvous hashing).
 */
export function inLineFor(unit: string, replicas: readonly string[]): string[] {
  return replicas
    .map((replica) => ({ replica, score: hash('sha256', `${replica}\n${unit}`) }))
    .toSorted((a, b) => (a.score < b.score ? 1 : -1))
    .map(({ replica }) => replica);
}

/** See `inLineFor`. */
export type InLine = typeof inLineFor;

/**
 * The same, remembered for as long as the replicas are the same: there may be thousands of units, and each is asked for every second. Two
 * lists of replicas are remembered, since those that have just come have nothing yet.
 */
export function rememberedLines(): InLine {
  let lists: Array<{ key: string; lines: Map<string, string[]> }> = [];
  return (unit, replicas) => {
    const key = replicas.join('\n');
    let list = lists.find((one) => one.key === key);
    if (list === undefined) {
      list = { key, lines: new Map() };
      lists = [list, ...lists.slice(0, 1)];
    }
    const known = list.lines.get(unit);
    if (known) return known;
    const line = inLineFor(unit, replicas);
    list.lines.set(unit, line);
    return line;
  };
}
