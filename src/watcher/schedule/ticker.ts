import { createTask } from 'node-cron';
import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Logger } from '../../logging/logger.ts';

/** A timer is set for so long at most: a longer one may overflow (24 days), and a step of the clock is noticed on the way. */
const LONGEST_SLEEP_MS = 60_000;
/** A wait that comes out longer by so much than it was found to be: the wall clock was set back. */
const STEP_BACK_MS = 1_000;
/** Of a schedule that ticks more often than this, node-cron is asked for some slots at once: each costs it a part of a millisecond. */
const OFTEN_MS = 10_000;
const SLOTS_AT_ONCE = 16;

/** One node-cron expression, ticking. */
export interface Ticker {
  readonly expression: string;
  /** From one tick to the next, as things stand: milliseconds. Long for a schedule that rests over night. */
  gapMs(): number;
  /** When it ticks next. */
  nextAt(): Timestamp;
  /** A sign of life from outside, about once a second: notices that the wall clock has stepped, or that a timer was lost. */
  watch(): void;
  stop(): void;
}

/** Which expression ticks, and whom it tells. */
export interface TickerOptions {
  expression: string;
  onTick: () => void;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  logger: Logger;
}

/**
 * Calls `onTick` on a cron schedule read in UTC. node-cron says when the next slot is; the timer is our own, since that of node-cron 4.6
 * walks through every slot that went by, one by one (a week at every second: 90 s without a pause), and is silent as long as the clock was set back.
 *
 * Whatever the clock does, the next slot is the one after now. Any number of slots that went by at once (the clock was set forward, the
 * loop was blocked, the machine slept) makes one tick. After a step back the schedule goes on by the clock as it is.
 */
export function startTicker({ expression, onTick, clock, logger }: TickerOptions): Ticker {
  // Never started: it is asked for its next runs alone, which it counts from the system's clock.
  const task = createTask(expression, () => {}, { timezone: 'UTC' });
  let timer: NodeJS.Timeout | undefined;
  /** The slot that is waited for, and when it was chosen, by the monotonic clock, with the wait until then. */
  let awaited: { at: Timestamp; chosenAt: number; waitMs: number };
  let gapMs = 0;
  /** What node-cron said last, and when it was asked: all slots from then to the last of these. */
  let slots: { list: readonly Timestamp[]; askedAt: Timestamp } | null = null;

  const slotsAfter = (now: Timestamp): readonly Timestamp[] => {
    const known = slots !== null && now >= slots.askedAt ? slots.list.filter((at) => at > now) : [];
    if (known.length >= 2) return known;
    const count = slots !== null && gapMs < OFTEN_MS ? SLOTS_AT_ONCE : 2;
    slots = { list: task.getNextRuns(count).map((run) => run.getTime()), askedAt: now };
    return slots.list;
  };
  const choose = (): void => {
    const now = clock.now();
    const [next, after] = slotsAfter(now);
    if (next === undefined || after === undefined) throw new Error(`no next run of ${expression}`);
    awaited = { at: next, chosenAt: clock.monotonic(), waitMs: next - now };
    gapMs = Math.max(next - now, after - next);
    sleep();
  };
  const sleep = (): void => {
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(LONGEST_SLEEP_MS, Math.max(0, awaited.at - clock.now())));
  };
  const look = (): void => {
    const leftMs = awaited.at - clock.now();
    const waitedMs = clock.monotonic() - awaited.chosenAt;
    if (leftMs <= 0) {
      choose();
      onTick();
    } else if (leftMs + waitedMs > awaited.waitMs + STEP_BACK_MS) {
      logger.debug('The clock was set back; the schedule goes on by the clock as it is', { expression });
      choose();
    } else sleep();
  };

  choose();
  return {
    expression,
    gapMs: () => gapMs,
    nextAt: () => awaited.at,
    watch: look,
    stop: () => {
      clearTimeout(timer);
      // Takes it out of node-cron's register.
      void task.destroy();
    },
  };
}
