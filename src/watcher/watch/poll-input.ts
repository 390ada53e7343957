import { type PacedWatch, type PollScope, spreadMs, wholePeriodMs } from './pacer.ts';
import type { WatchPollInput } from './poll-watch.ts';

/** A transition found later than this after it happened is `late`, however short the interval. */
const LATE_AFTER_MS = 120_000;

/** A poll of which nothing comes is cut short after `failingAfter`, and no sooner than this: an answer may be long in coming. */
const LEAST_PATIENCE_MS = 180_000;

/** What the loop of a watch gives its polls to go by, and how the watch stands at this moment. */
export interface PollStand
  extends Required<
    Pick<WatchPollInput, 'watch' | 'book' | 'hint' | 'writersFor' | 'isPatient' | 'isWholeFailing' | 'isTold'>
  > {
  paced: PacedWatch;
  /** It was read before, by this process. */
  hasSucceeded: boolean;
}

/** What a poll of this scope goes by. `isNow`: somebody waits for it, so that nothing of it is spread. */
export function pollInput(
  { paced, hasSucceeded, ...stand }: PollStand,
  scope: PollScope,
  isNow: boolean,
): Omit<WatchPollInput, 'signal'> & { patienceMs: number } {
  const gapMs = wholePeriodMs(paced);
  const isHeldApart = !isNow && hasSucceeded && !stand.isPatient;
  return {
    ...{ ...stand, gapMs, scope },
    patienceMs: Math.max(LEAST_PATIENCE_MS, stand.watch.failingAfterMs),
    spreadMs: isHeldApart ? spreadMs(paced.pace, scope) : 0,
    lateAfterMs: Math.max(LATE_AFTER_MS, 2 * gapMs),
  };
}
