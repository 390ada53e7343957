import type { Clock } from '../../clock.ts';

/** Nobody waits longer for the one that went ahead: a request that hangs must not hold the others up. */
const PATIENCE_MS = 2_000;

/** Lets one request go ahead and the others wait for what it learns, as long as there is something to learn. */
export interface FirstInLine {
  /**
   * Runs at once where nobody needs to go ahead. Else the first one runs, and the others wait for its end, once and for two seconds at
   * most, and then run as things stand. Rejects with the signal's reason when that aborts during the wait.
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Runs at once; where nobody is ahead, those who come now wait for it. */
  runNow<T>(work: () => Promise<T>): Promise<T>;
}

/** `isNeeded`: there is something to learn yet. Asked anew before each decision. */
export function createFirstInLine({
  clock,
  isNeeded,
}: {
  clock: Clock;
  isNeeded: () => boolean;
}): FirstInLine {
  let ahead: Promise<void> | null = null;

  async function goAhead<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    ahead = promise;
    try {
      return await work();
    } finally {
      if (ahead === promise) ahead = null;
      resolve();
    }
  }

  return {
    run: async (signal, work) => {
      if (isNeeded() && ahead !== null) await waitAtMost(ahead, PATIENCE_MS, clock, signal);
      return isNeeded() && ahead === null ? await goAhead(work) : await work();
    },
    runNow: async (work) => (ahead === null ? await goAhead(work) : await work()),
  };
}

/** Waits until `promise` settles or the time is up, whichever comes first. */
async function waitAtMost(
  promise: Promise<void>,
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([promise, clock.sleep(ms, AbortSignal.any([signal, over.signal]))]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    over.abort();
  }
}
