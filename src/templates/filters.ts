import { formatSpan, parseInstant, type Timestamp } from '../domain/instant.ts';
import { timesIn } from '../domain/local-time.ts';

/**
 * `{{ job.createdAt | time }}`: in UTC and, where the channel has a zone, in that: `2026-11-02 08:14:05 UTC = 2026-11-02 09:14:05 GMT+1`.
 * `time: "utc"` and `time: "zone"` give one of the two. Nothing for nothing.
 */
export function timeFilter(timeZone: string | null): (value: unknown, which?: unknown) => string {
  return (value, which = 'both') => {
    if (isNothing(value)) return '';
    const [utc, zoned] = timesIn(instantOf(value, 'time'), timeZone);
    switch (which) {
      case 'both':
        return zoned === undefined ? utc : `${utc} = ${zoned}`;
      case 'utc':
        return utc;
      case 'zone':
        return zoned ?? utc;
      default:
        throw new Error('time: expected "utc", "zone" or nothing after it');
    }
  };
}

/**
 * `{{ job.createdAt | span: event.occurredAt }}`: how long from one instant to the other, `14 min`. Of a number: that many
 * milliseconds. Nothing where one of the two is missing.
 */
export function spanFilter(value: unknown, until?: unknown): string {
  if (typeof value === 'number') return formatSpan(value);
  if (isNothing(value) || isNothing(until)) return '';
  return formatSpan(instantOf(until, 'span') - instantOf(value, 'span'));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function instantOf(value: unknown, filter: string): Timestamp {
  const at = typeof value === 'string' ? parseInstant(value) : null;
  if (at === null) throw new Error(`${filter}: expected an instant such as event.occurredAt`);
  return at;
}
