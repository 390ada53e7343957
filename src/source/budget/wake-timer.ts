import type { Clock } from '../../clock.ts';

/** A timer that wakes once, at the earliest time that was asked for. */
export interface WakeTimer {
  /** Asks to be woken in `ms` milliseconds at the latest. Does nothing for a time without end. */
  wakeIn(ms: number): void;
  /** Forgets the time that is set. */
  off(): void;
}

/** A timer by the clock that is given; `onWake` is called at most once for each time that was set. */
export function createWakeTimer(clock: Clock, onWake: () => void): WakeTimer {
  let set: { at: number; cancel: AbortController } | null = null;

  function off(): void {
    set?.cancel.abort();
    set = null;
  }

  return {
    wakeIn: (ms) => {
      if (ms === Number.POSITIVE_INFINITY) return;
      const at = clock.monotonic() + ms;
      if (set && set.at <= at) return;
      off();
      const mine = { at, cancel: new AbortController() };
      set = mine;
      const ring = (): void => {
        if (set !== mine) return;
        set = null;
        onWake();
      };
      clock.sleep(Math.ceil(ms), mine.cancel.signal).then(ring, ring);
    },
    off,
  };
}
