/** An instant: milliseconds since the epoch, UTC. ISO 8601 at the edges only. */
export type Timestamp = number;

/** Writes an instant as ISO 8601 in UTC, to the millisecond. */
export function toIso(at: Timestamp): string {
  return new Date(at).toISOString();
}

/** Writes an instant as ISO 8601 in UTC; `null` stays `null`. */
export function toIsoOrNull(at: Timestamp | null): string | null {
  return at === null ? null : toIso(at);
}

/**
 * The instant that lies so many milliseconds before another. Spans are measured by a clock that counts fractions too; instants are whole, and
 * the store takes no others.
 */
export function instantBefore(at: Timestamp, spanMs: number): Timestamp {
  return at - Math.round(spanMs);
}

const DAY_MS = 86_400_000;

/** The number of a day since the epoch, in UTC. */
export function dayNumber(at: Timestamp): number {
  return Math.floor(at / DAY_MS);
}

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Reads an ISO 8601 date, with or without a time; `null` when it is not one. Without a zone it is UTC.
 * Stricter than `Date.parse`, which reads `job 5` as a day in 2001, 30 February as one in March, and a time without a zone as local.
 */
export function parseInstant(text: string): Timestamp | null {
  const [, date, time = '00:00', zone = 'Z'] = ISO_8601.exec(text) ?? [];
  if (date === undefined || !isCalendarDay(date)) return null;
  const at = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(at) ? null : at;
}

function isCalendarDay(date: string): boolean {
  const midnight = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(midnight) && toIso(midnight).startsWith(date);
}

/** The creation time in an Atlas id: its first 4 bytes are epoch seconds (24 hex characters). `null` for any other text. */
export function objectIdInstant(id: string): Timestamp | null {
  return /^[0-9a-f]{24}$/i.test(id) ? Number.parseInt(id.slice(0, 8), 16) * 1000 : null;
}

const UNITS: ReadonlyArray<readonly [label: string, ms: number]> = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** A span for people: `14 min`, `2 h 5 min`, `3 d 4 h`, `7 s`. At most two units, rounded down. */
export function formatSpan(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, ms);
  for (const [label, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${label}`);
    else if (parts.length > 0) break;
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || 'under 1 s';
}

/** A span that is an upper bound, for people: rounded up to what is shown, so that it stays one. Never under 1 s. */
export function formatBound(ms: number): string {
  const step = ms < 3_600_000 ? 1_000 : ms < 86_400_000 ? 60_000 : 3_600_000;
  return formatSpan(Math.max(1_000, Math.ceil(ms / step) * step));
}
