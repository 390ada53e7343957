import type { Clock } from '../../clock.ts';
import { USUAL_PACE } from './pace.ts';

/** The watcher's own signs of life, about one a second. */
export interface Pulse {
  /**
   * Notes a sign of life.
   * @returns 0, or for how long there was none: the process stood still for so long, in milliseconds.
   */
  beat(): number;
  /** Milliseconds since the last beat that came in time. */
  sinceMs(): number;
}

/**
 * The first beat after a standstill does not count: it comes before anything else was done, and whoever asks how things are in that
 * instant must not be told that all is well.
 */
export function createPulse(
  { monotonic }: Pick<Clock, 'monotonic'>,
  lateAfterMs = USUAL_PACE.lateAfterMs,
): Pulse {
  let lastAt = monotonic();
  let lastInTimeAt = lastAt;
  return {
    beat: () => {
      const now = monotonic();
      const gapMs = now - lastAt;
      lastAt = now;
      if (gapMs >= lateAfterMs) return gapMs;
      lastInTimeAt = now;
      return 0;
    },
    sinceMs: () => monotonic() - lastInTimeAt,
  };
}
