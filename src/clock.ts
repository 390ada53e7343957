import { setTimeout as delay } from 'node:timers/promises';

/** Where time comes from. Injected, so that tests can own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch, UTC. May step. */
  now(): number;
  /** Milliseconds that only grow, unaffected by steps of the wall clock. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(Math.max(0, ms), undefined, signal ? { signal } : {});
  },
};
