import { InvalidArgumentError } from 'commander';
import { parseInstant, type Timestamp, toIso } from '../domain/instant.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A time on the command line: ISO 8601, or a duration back from `now` (`90m`, `7d`). A time without a zone is UTC, and a date is its
 * first instant.
 * @throws {InvalidArgumentError} which commander turns into a usage error that names the option.
 */
export function parseTime(text: string, now: Timestamp): Timestamp {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) return now - Number(amount) * (UNIT_MS[unit] ?? 0);

  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text) ?? [];
  const at = isDate(date) ? parseInstant(`${date}T${time ?? '00:00'}${zone ?? 'Z'}`) : null;
  if (at === null) {
    throw new InvalidArgumentError(
      'Expected a time such as 2026-11-02T08:00Z, or a duration back from now such as 7d.',
    );
  }
  return at;
}

/** False for a day that its month does not have, which JavaScript would take for one of the next month. */
function isDate(date: string | undefined): date is string {
  const at = parseInstant(`${date}T00:00Z`);
  return at !== null && toIso(at).startsWith(`${date}T`);
}
