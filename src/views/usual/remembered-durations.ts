import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { FinishedDuration } from '../../domain/job/eta.ts';

/** Tells how long restores took at a target: see `JobReader.finishedDurations`. */
export interface DurationsStore {
  /** @throws {StoreError} */
  finishedDurations(targetKey: string, limit: number): Promise<readonly FinishedDuration[]>;
}

const KEPT_FOR_MS = 5 * 60_000;

/**
 * Makes a store that remembers how long restores took somewhere: it changes slowly, and reading it takes some milliseconds for each instance.
 * As long as it is remembered, it is the same list. To be asked with one limit.
 */
export function rememberingDurations<S extends DurationsStore>(
  store: S,
  clock: Pick<Clock, 'monotonic'>,
): Omit<S, 'finishedDurations'> & DurationsStore {
  const known = new Map<string, { readAt: number; durations: readonly FinishedDuration[] }>();
  return {
    ...store,
    finishedDurations: async (key, limit) => {
      const kept = known.get(key);
      if (kept !== undefined && clock.monotonic() - kept.readAt < KEPT_FOR_MS) return kept.durations;
      // Of many instances one after the other, so that others get their turn in between.
      await nextTurn();
      const durations = await store.finishedDurations(key, limit);
      known.set(key, { readAt: clock.monotonic(), durations });
      return durations;
    },
  };
}
