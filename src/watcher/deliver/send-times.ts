import type { Clock } from '../../clock.ts';

/** From one look at the clock to the next while something is being sent, in milliseconds. */
const LOOK_EVERY_MS = 50;
/** A look that comes so long after the one before, in milliseconds, tells that the process stood still in between. */
const STOOD_STILL_MS = 100;

/** Tells how long receivers have taken to answer. */
export interface SendTimes {
  /** A message goes out now. Returns the function that tells, when it was answered, how many milliseconds that took. */
  begin(): () => number;
}

/**
 * Measures the time of sends without what the process itself stood still meanwhile: written jobs, a flush of the disk and a busy machine
 * are not the receiver's slowness, and its answer may long have been there. While something is sent, the clock is looked at again and again.
 */
export function createSendTimes({ monotonic }: Pick<Clock, 'monotonic'>): SendTimes {
  let inHand = 0;
  let lookedAt = 0;
  /** For so long the process stood still while something was being sent, all in all. */
  let stillMs = 0;
  let timer: NodeJS.Timeout | null = null;

  const look = (): number => {
    const now = monotonic();
    const gapMs = now - lookedAt;
    lookedAt = now;
    if (gapMs >= STOOD_STILL_MS) stillMs += gapMs - LOOK_EVERY_MS;
    return now;
  };
  return {
    begin: () => {
      if (inHand === 0) {
        lookedAt = monotonic();
        timer = setInterval(look, LOOK_EVERY_MS).unref();
      }
      inHand += 1;
      const begunAt = look();
      const stillBefore = stillMs;
      return () => {
        // Not by the timer alone: what came in the same turn of the event loop as the end of a standstill comes before it.
        const tookMs = look() - begunAt - (stillMs - stillBefore);
        inHand -= 1;
        if (inHand === 0 && timer !== null) clearInterval(timer);
        return tookMs;
      };
    },
  };
}
