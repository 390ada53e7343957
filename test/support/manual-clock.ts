import type { Clock } from '../../src/clock.ts';

/** A clock that goes only where the test sends it. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  set(at: number): void;
}

export function createManualClock(startAt: number): ManualClock {
  let wall = startAt;
  let monotonic = 0;
  return {
    // Whole, as the system's is; the monotonic one has fractions, where the test sends it there.
    now: () => Math.floor(wall),
    monotonic: () => monotonic,
    sleep: async (ms) => {
      wall += ms;
      monotonic += ms;
    },
    advance: (ms) => {
      wall += ms;
      monotonic += ms;
    },
    set: (at) => {
      wall = at;
    },
  };
}

/** For whoever waits for steps of the clock to be made up for: there are none. */
export const NO_STEPS = { settle: async (): Promise<void> => {} };
