import { onTestFinished, vi } from 'vitest';
import type { Clock } from '../../src/clock.ts';

/** Time that stands still until the test lets it pass, for whatever goes by the timers of the platform. */
export interface FakeTime extends Clock {
  /** What every clock that is right shows: it has passed since the start, and no step changes it. */
  truth(): number;
  pass(ms: number): Promise<void>;
  /** Puts the wall clock forward, or back; the monotonic clock and timers do not notice. */
  step(ms: number): void;
}

/** Ends with the test. Only what is driven by timers and microtasks runs under it: no sockets, no threads. */
export function fakeTime(startAt: number): FakeTime {
  vi.useFakeTimers({
    now: startAt,
    toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const origin = performance.now();
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      }),
    truth: () => startAt + performance.now() - origin,
    pass: async (ms) => {
      await vi.advanceTimersByTimeAsync(ms);
    },
    step: (ms) => {
      vi.setSystemTime(Date.now() + ms);
    },
  };
}
