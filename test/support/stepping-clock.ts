import type { Clock } from '../../src/clock.ts';

/** A clock whose sleepers sleep until the test has gone on far enough. */
export interface SteppingClock extends Clock {
  /** Goes on by `ms`, waking sleepers in the order of their time; lets what they started run before the next one. */
  step(ms: number): Promise<void>;
  /** How many are asleep. */
  sleepers(): number;
}

interface Sleeper {
  at: number;
  wake(): void;
}

export function createSteppingClock(startAt = Date.parse('2026-11-02T08:00:00Z')): SteppingClock {
  const asleep = new Set<Sleeper>();
  let elapsed = 0;

  function nextBefore(limit: number): Sleeper | undefined {
    return [...asleep].filter(({ at }) => at <= limit).sort((a, b) => a.at - b.at)[0];
  }

  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          asleep.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          at: elapsed + ms,
          wake: () => {
            asleep.delete(sleeper);
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        asleep.add(sleeper);
      }),
    step: async (ms) => {
      await settled();
      const end = elapsed + ms;
      for (let next = nextBefore(end); next; next = nextBefore(end)) {
        elapsed = Math.max(elapsed, next.at);
        next.wake();
        await settled();
      }
      elapsed = end;
      await settled();
    },
    sleepers: () => asleep.size,
  };
}

/** Lets everything that is ready to run do so. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
