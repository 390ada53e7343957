import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { parseInstant, type Timestamp } from '../domain/instant.ts';

/**
 * A time on the command line: ISO 8601, or a duration back from `now` (`90m`, `7d`). A time without a zone is UTC, and a date is its
 * first instant.
 * @throws {InvalidArgumentError} which commander turns into a usage error that names the option.
 */
export function parseTime(text: string, now: Timestamp): Timestamp {
  const span = parseDuration(text);
  const at = span === null ? parseInstant(text) : now - span;
  if (at === null) {
    throw new InvalidArgumentError(
      'Expected a time such as 2026-11-02T08:00Z, or a duration back from now such as 7d.',
    );
  }
  return at;
}

/** Timers of the platform hold no more. */
const LONGEST_WAIT_MS = 24 * 86_400_000;

/**
 * A span to wait for, in milliseconds.
 * @throws {InvalidArgumentError}
 */
export function parseWait(text: string): number {
  const span = parseDuration(text);
  if (span === null || span > LONGEST_WAIT_MS) {
    throw new InvalidArgumentError('Expected a duration such as 30s or 2h, 24d at most.');
  }
  return span;
}
