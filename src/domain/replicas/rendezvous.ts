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
