import { createTask, type ScheduledTask } from 'node-cron';
import type { Timestamp } from '../instant.ts';
import { clockGaps } from './clock-change.ts';

/** A cron expression, and the wall that it is read on. */
export interface CronSchedule {
  /** Of node-cron, sound: six fields, seconds first, or five. */
  schedule: string;
  /** IANA zone. */
  timeZone: string;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Every offset of a zone is a multiple of it, so that no hour and no day begins within one. */
const QUARTER_MS = 15 * MINUTE_MS;
/** Shorter than any day, also one that loses hours to a change of the clocks: none is stepped over. */
const HALF_DAY_MS = 12 * 60 * MINUTE_MS;

/** Whether an instant lies on a day of the schedule, in an hour, a minute, a second of it. node-cron has the say. */
type Fits = Record<'day' | 'hour' | 'minute' | 'second', (at: Timestamp) => boolean>;

/**
 * The last time that a schedule came round, at or before `at` and not before `notBefore`; `null`: it did not. A time that a change of
 * the clocks leaves out comes when they go forward; of one that comes twice, both count.
 */
export function lastSlot(cron: CronSchedule, at: Timestamp, notBefore: Timestamp): Timestamp | null {
  const found = withFits(cron, (fits) => seek(fits, at, (next) => next < notBefore, -1));
  const skipped = skippedSlots(cron, notBefore - 1, at).at(-1) ?? null;
  return found === null || skipped === null ? (found ?? skipped) : Math.max(found, skipped);
}

/** The first time that a schedule comes round after `after`, up to `until`; `null`: it does not. As `lastSlot` with changes of the clocks. */
export function nextSlot(cron: CronSchedule, after: Timestamp, until: Timestamp): Timestamp | null {
  const found = withFits(cron, (fits) => seek(fits, after + SECOND_MS, (next) => next > until, 1));
  const skipped = skippedSlots(cron, after, found ?? until).at(0) ?? null;
  return found === null || skipped === null ? (found ?? skipped) : Math.min(found, skipped);
}

const DAY_MS = 2 * HALF_DAY_MS;

/** What is asked of days that are far from each other: none of them is stepped over. */
const WIDE_STEP_MS = 6 * 60 * MINUTE_MS;

/**
 * True when a schedule leaves more than `lengthMs` between one slot and the next at some time of the year after `from`, and also when it does
 * not come round. All days of a schedule have the same times, so two of them tell what lies between those; the others only have to be there.
 * Times that a change of the clocks leaves out are not looked for.
 */
export function everPauses(cron: CronSchedule, lengthMs: number, from: Timestamp): boolean {
  return withFits(cron, (fits) => {
    const end = from + 366 * DAY_MS;
    const pausesUntil = (until: Timestamp, stepMs: number): boolean => {
      let slot = seek(fits, from, (next) => next > end, 1);
      while (slot !== null && slot < until) {
        const known: Timestamp = slot;
        slot = seek(fits, known + stepMs, (next) => next <= known, -1);
      }
      return slot === null;
    };
    return pausesUntil(from + 3 * DAY_MS, lengthMs) || pausesUntil(end, Math.max(lengthMs, WIDE_STEP_MS));
  });
}

/** Goes by half days past days that do not fit, by quarters past hours, and so on: a year takes about a thousand questions. */
function seek(
  fits: Fits,
  from: Timestamp,
  isBeyond: (at: Timestamp) => boolean,
  way: 1 | -1,
): Timestamp | null {
  const past = (at: Timestamp, unitMs: number): Timestamp => {
    const start = Math.floor(at / unitMs) * unitMs;
    return way > 0 ? start + unitMs : start - SECOND_MS;
  };
  let at = Math.floor(from / SECOND_MS) * SECOND_MS;
  while (!isBeyond(at)) {
    if (!fits.day(at)) at = pastDay(fits, at, way, past);
    else if (!fits.hour(at)) at = past(at, QUARTER_MS);
    else if (!fits.minute(at)) at = past(at, MINUTE_MS);
    else if (!fits.second(at)) at += way * SECOND_MS;
    else return at;
  }
  return null;
}

function pastDay(
  fits: Fits,
  at: Timestamp,
  way: 1 | -1,
  past: (at: Timestamp, unitMs: number) => Timestamp,
): Timestamp {
  if (!fits.day(at + way * HALF_DAY_MS)) return at + way * HALF_DAY_MS;
  let near = at;
  while (!fits.day(near)) near = past(near, QUARTER_MS);
  return near;
}

/** When the clocks go forward over a time of the schedule: after `from`, up to `to`. */
function skippedSlots(cron: CronSchedule, from: Timestamp, to: Timestamp): Timestamp[] {
  const gaps = clockGaps(cron.timeZone, from, to);
  if (gaps.length === 0) return [];
  return withFits({ ...cron, timeZone: 'UTC' }, (fits) =>
    gaps
      .filter(({ wallFrom, wallTo }) => seek(fits, wallFrom, (wall) => wall >= wallTo, 1) !== null)
      .map(({ at }) => at),
  );
}

/** Asks tasks that are never started. */
function withFits<Answer>({ schedule, timeZone }: CronSchedule, ask: (fits: Fits) => Answer): Answer {
  const [second, minute, hour, ...date] = `0 ${schedule.trim()}`.split(/\s+/).slice(-6);
  const day = date.join(' ');
  const tasks: ScheduledTask[] = [];
  const fitOf = (expression: string): ((at: Timestamp) => boolean) => {
    const task = createTask(expression, () => {}, { timezone: timeZone });
    tasks.push(task);
    return (at) => task.match(new Date(at));
  };
  try {
    return ask({
      day: fitOf(`* * * ${day}`),
      hour: fitOf(`* * ${hour} ${day}`),
      minute: fitOf(`* ${minute} ${hour} ${day}`),
      second: fitOf(`${second} ${minute} ${hour} ${day}`),
    });
  } finally {
    // This takes them out of node-cron's register.
    for (const task of tasks) void task.destroy();
  }
}
