import type { Clock } from '../../clock.ts';
import { formatSpan } from '../../domain/instant.ts';
import type { Logger } from '../../logging/logger.ts';
import { readHeaderDate } from '../../net/headers/header-date.ts';
import type { ReplyHeaders } from '../../net/headers/reply-headers.ts';

/** How far the clock of Atlas, which the times of the jobs come from, is from ours. */
export interface ServerClock {
  /** Looks at the `Date` of an answer that has just come from Atlas itself, to a request for this path. */
  note(path: string, headers: ReplyHeaders): void;
  /** See `JobSource.aheadMs`. */
  aheadMs(): number;
  /** See `JobSource.surelyAheadMs`. */
  surelyAheadMs(): number;
}

/** `Date` counts whole seconds and is a request old: as long as the clocks agree this well, ours stands. */
const TOLERANCE_MS = 5 * 60_000;

/** Two answers agree when their clock has gone on between them as ours has, but for this. */
const AGREEMENT_MS = 60_000;

/** Between two polls, of which there may be one a second. */
const SHORTEST_POLL_MS = 900;

/** No answer was given before this program was written. */
const EARLIEST = Date.UTC(2025, 0, 1);
/** No clock that was ever set is further behind. (One that was never set begins long before.) */
const FURTHEST_BEHIND_MS = 2 * 366 * 86_400_000;

/** Of how many paths it is remembered that they were answered so. */
const MOST_PATHS = 1_000;

/** A time that answers tell and nobody has confirmed. */
interface Claim {
  /** What the server's clock shows when our monotonic one shows 0. */
  origin: number;
  date: number;
  /** When each path was answered so first, by the monotonic clock. */
  heardAt: Map<string, number>;
}

/**
 * A clock that agrees with ours until answers show something else. Warns when that begins, and tells when it ends.
 *
 * One answer may come from a server, a cache or a gateway with a clock of its own. So a time is settled by two witnesses: an answer
 * and our own clock; or two answers in agreement, at least a poll apart, which are two to the same request. Later answers that
 * agree with what is settled keep it, also when it is our own clock that steps.
 */
export function createServerClock(options: {
  connection: string;
  clock: Clock;
  logger: Logger;
}): ServerClock {
  const { clock } = options;
  let settled: number | null = null;
  let claim: Claim | null = null;
  let wasOff = false;

  /** By how many whole milliseconds a clock with this origin is ahead of ours now: the monotonic clock has fractions, and times have none. */
  const aheadOf = (origin: number): number => Math.round(origin + clock.monotonic()) - clock.now();
  const aheadMs = (): number => {
    const ahead = settled === null ? 0 : aheadOf(settled);
    return Math.abs(ahead) > TOLERANCE_MS ? ahead : 0;
  };

  function settle(origin: number): void {
    settled = origin;
    claim = null;
  }

  return {
    note: (path, headers) => {
      const date = readHeaderDate(headers.get('date'));
      // What a cache has kept has the date of back then.
      if (date === null || headers.has('age') || !isPlausible(date, clock.now())) return;
      const now = clock.monotonic();
      const origin = date - now;
      const isConfirmed =
        (settled !== null && agree(settled, origin)) || Math.abs(aheadOf(origin)) <= TOLERANCE_MS;
      if (isConfirmed) settle(origin);
      else if (claim === null || !agree(claim.origin, origin)) {
        claim = { origin, date, heardAt: new Map([[path, now]]) };
      } else if (isAPollApart(claim, path, date, now)) settle(origin);
      else if (claim.heardAt.size < MOST_PATHS && !claim.heardAt.has(path)) claim.heardAt.set(path, now);
      wasOff = tell(aheadMs(), wasOff, options);
    },
    aheadMs,
    surelyAheadMs: () => (claim === null ? aheadMs() : Math.min(aheadMs(), aheadOf(claim.origin))),
  };
}

function agree(one: number, other: number): boolean {
  return Math.abs(one - other) <= AGREEMENT_MS;
}

/** The same request is made once a poll. One and the same `Date` is that of one answer, which somebody has kept. */
function isAPollApart({ heardAt, date: firstDate }: Claim, path: string, date: number, now: number): boolean {
  const first = heardAt.get(path);
  return first !== undefined && now - first >= SHORTEST_POLL_MS && date > firstDate;
}

function isPlausible(date: number, now: number): boolean {
  return date >= EARLIEST && (now < EARLIEST || date <= now + FURTHEST_BEHIND_MS);
}

/** Returns whether the clocks disagree. */
function tell(
  aheadMs: number,
  wasOff: boolean,
  { connection, logger }: { connection: string; logger: Logger },
): boolean {
  const isOff = aheadMs !== 0;
  if (isOff && !wasOff)
    logger.warn(
      `The clock of this machine is ${formatSpan(Math.abs(aheadMs))} ${aheadMs < 0 ? 'ahead of' : 'behind'} Atlas`,
      { connection, hint: 'Set it (NTP). Until then restores are told by the time of Atlas.' },
    );
  if (wasOff && !isOff) logger.info('The clock of this machine agrees with Atlas again', { connection });
  return isOff;
}
