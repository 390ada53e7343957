import type { Timestamp } from '../instant.ts';

const MINUTE_MS = 60_000;
/** No zone changes its clocks forth and back within a week. */
const STEP_MS = 7 * 24 * 60 * MINUTE_MS;

/** An hour, mostly, that the clocks of a zone leave out. */
export interface ClockGap {
  /** When the clocks go forward. */
  at: Timestamp;
  /** What the wall would show from then on, read as if it were UTC: the first instant left out, and the first that is there again. */
  wallFrom: Timestamp;
  wallTo: Timestamp;
}

/** The gaps after `from`, up to and including `to`, in order. */
export function clockGaps(timeZone: string, from: Timestamp, to: Timestamp): ClockGap[] {
  const offsetAt = offsetsOf(timeZone);
  const gaps: ClockGap[] = [];
  for (let start = from; start < to; start += STEP_MS) {
    const end = Math.min(start + STEP_MS, to);
    const before = offsetAt(start);
    const after = offsetAt(end);
    if (after <= before) continue;
    const at = firstWith(start, end, (instant) => offsetAt(instant) === after);
    gaps.push({ at, wallFrom: at + before, wallTo: at + after });
  }
  return gaps;
}

/** The first whole minute in (start, end] from which on the test holds; it holds at the end. */
function firstWith(start: Timestamp, end: Timestamp, holds: (instant: Timestamp) => boolean): Timestamp {
  let low = Math.floor(start / MINUTE_MS);
  let high = Math.ceil(end / MINUTE_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * MINUTE_MS)) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}

/** How far the wall clock of a zone is ahead of UTC at an instant, in milliseconds. */
function offsetsOf(timeZone: string): (instant: Timestamp) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  return (instant) => {
    const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = 0, minutes = 0] = /([+-])(\d\d):(\d\d)$/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  };
}
