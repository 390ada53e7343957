import type { Clock } from '../../clock.ts';

/** One alarm clock: rings once, at the earliest time that was asked for. */
export interface Alarm {
  /** Does nothing for a time without end. */
  ringIn(ms: number): void;
  off(): void;
}

export function createAlarm(clock: Clock, onRing: () => void): Alarm {
  let set: { at: number; cancel: AbortController } | null = null;

  function off(): void {
    set?.cancel.abort();
    set = null;
  }

  return {
    ringIn: (ms) => {
      if (ms === Number.POSITIVE_INFINITY) return;
      const at = clock.monotonic() + ms;
      if (set && set.at <= at) return;
      off();
      const mine = { at, cancel: new AbortController() };
      set = mine;
      const ring = (): void => {
        if (set !== mine) return;
        set = null;
        onRing();
      };
      clock.sleep(Math.ceil(ms), mine.cancel.signal).then(ring, ring);
    },
    off,
  };
}
