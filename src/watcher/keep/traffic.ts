import type { Clock } from '../../clock.ts';
import type { Signals } from '../../signals.ts';

/** Something was recorded or delivered so lately that more of it is likely to come. */
const LATELY_MS = 1_000;
/** So many times at most in a row whatever can wait is asked to: a watcher that always has something to do must keep house as well. */
const MOST_TIMES = 30;

/** Knows whether the watcher is at its proper work just now. */
export interface Traffic {
  /** True when whoever asks had better wait, and ask again. */
  isInTheWay(): boolean;
  /** Listens no more. */
  end(): void;
}

/** Begins to listen. */
export function createTraffic({ clock, signals }: { clock: Clock; signals: Signals }): Traffic {
  let lastMono = Number.NEGATIVE_INFINITY;
  let times = 0;
  const note = (): void => {
    lastMono = clock.monotonic();
  };
  const ends = [signals.on('event:recorded', note), signals.on('delivery:recorded', note)];
  return {
    isInTheWay: () => {
      const isLively = clock.monotonic() - lastMono < LATELY_MS && times < MOST_TIMES;
      times = isLively ? times + 1 : 0;
      return isLively;
    },
    end: () => {
      for (const end of ends) end();
    },
  };
}
