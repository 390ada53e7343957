import type { Clock } from '../../clock.ts';

/** What looks again and again. */
export interface LookerDeps {
  /** One look. It tells itself of its faults, and never rejects. */
  look: () => Promise<void>;
  /** From one look to the next when nobody asks for one, in milliseconds. */
  everyMs: number;
  /** False: nobody wants looks at present. */
  isWanted: () => boolean;
  clock: Pick<Clock, 'monotonic'>;
}

/** Looks, one look at a time: every so often, and earlier when it is asked to. */
export interface Looker {
  /**
   * Asks for a look that begins within so many milliseconds. An earlier one that is due stays due, so that no number of wishes puts it off; a wish
   * that comes during a look is met by another one after it.
   */
  within(ms: number): void;
  /** Begins no more looks, until it is asked for one. */
  rest(): void;
}

/** Makes a looker without a timer: the first wish sets one. */
export function createLooker({ look, everyMs, isWanted, clock }: LookerDeps): Looker {
  let dueAt = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let isLooking = false;

  const rest = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    dueAt = Number.POSITIVE_INFINITY;
  };
  const begin = (): void => {
    rest();
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
      within(everyMs);
    });
  };
  const within = (ms: number): void => {
    if (!isWanted()) {
      rest();
      return;
    }
    const at = clock.monotonic() + ms;
    if (at < dueAt) {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      dueAt = at;
    }
    if (isLooking || timer !== null) return;
    timer = setTimeout(begin, Math.max(0, dueAt - clock.monotonic()));
  };
  return { within, rest };
}
