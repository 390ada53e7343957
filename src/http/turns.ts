import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';

/** This many are worked on at a time. */
const AT_ONCE = 2;
/** This many may wait. Less than the connections that are held, so that there is room for who only asks whether we live. */
const MOST_WAITING = 32;

/** Lets work be done a few at a time. */
export interface Turns {
  /** Does the work when its turn comes. @returns `null` at once, and does nothing, when too many wait already. */
  take<T>(work: () => Promise<T>): Promise<T> | null;
}

/**
 * Spaces out what reads the store, which holds the event loop while it reads: health is answered, and Atlas polled, in between.
 */
export function createTurns(): Turns {
  const limit = pLimit(AT_ONCE);
  return {
    take: (work) => {
      if (limit.pendingCount >= MOST_WAITING) return null;
      return limit(async () => {
        await nextTurn();
        return work();
      });
    },
  };
}
