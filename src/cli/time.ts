import { InvalidArgumentError } from 'commander';
import { parseInstant, type Timestamp } from '../domain/instant.ts';

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

  const at = parseInstant(text);
  if (at === null) {
    throw new InvalidArgumentError(
      'Expected a time such as 2026-11-02T08:00Z, or a duration back from now such as 7d.',
    );
  }
  return at;
}
