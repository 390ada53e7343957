import type { Clock } from '../../src/clock.ts';
import { type Confidence, createConfidence } from '../../src/watcher/deliver/confidence.ts';

/** The confidence in a channel of which nothing is known, where the clock goes only as the test has it, and the process never stands still. */
export function aConfidence(clock: Pick<Clock, 'monotonic'>): Confidence {
  const begin = (): (() => number) => {
    const begunAt = clock.monotonic();
    return () => clock.monotonic() - begunAt;
  };
  return createConfidence(clock, { begin });
}
