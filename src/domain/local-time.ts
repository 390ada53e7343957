import { type Timestamp, toIso } from './instant.ts';

/** As long as `2026-11-02 08:14:05`. */
const WALL_TIME = 19;

/** `2026-11-02 08:14:05 UTC`: what everybody can compare with a log. */
export function utcTime(at: Timestamp): string {
  return `${toIso(at).slice(0, 19).replace('T', ' ')} UTC`;
}

/**
 * An instant in UTC, and in the zone of a channel after it; UTC alone without a zone (`null`), or where the wall there shows the same.
 */
export function timesIn(at: Timestamp, timeZone: string | null): [utc: string, zoned?: string] {
  const utc = utcTime(at);
  if (timeZone === null) return [utc];
  const zoned = zonedTime(at, timeZone);
  return zoned.slice(0, WALL_TIME) === utc.slice(0, WALL_TIME) ? [utc] : [utc, zoned];
}

/** More than these days back, a weekday does not tell which one. */
const WEEK_MS = 6 * 86_400_000;

/**
 * An instant as short as a lock screen wants it, on the wall of a zone: `Tue 07:12`, or `24 Nov 07:12` when it is further back than
 * the days of a week from `until`. Without a zone (`null`) in UTC, and it says so.
 */
export function shortTime(at: Timestamp, timeZone: string | null, until: Timestamp): string {
  const isFar = until - at > WEEK_MS;
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timeZone ?? 'UTC',
    ...(isFar ? { day: 'numeric', month: 'short' } : { weekday: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((candidate) => candidate.type === type)?.value ?? '';
  const day = isFar ? `${part('day')} ${part('month')}` : part('weekday');
  return `${day} ${part('hour')}:${part('minute')}${timeZone === null ? ' UTC' : ''}`;
}

/** The same instant on the wall of an IANA zone, with its offset: `2026-11-02 09:14:05 GMT+1`. */
export function zonedTime(at: Timestamp, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((candidate) => candidate.type === type)?.value ?? '';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${date} ${part('hour')}:${part('minute')}:${part('second')} ${part('timeZoneName')}`;
}
