import type { Clock } from '../../clock.ts';
import type { RateLimits } from './rate-limits.ts';
import { createSlidingWindow } from './sliding-window.ts';

const MINUTE_MS = 60_000;

/** Atlas fills its buckets up by 500 of 1,200 a minute, and others by the same share; nothing in a reply tells. */
const REFILL_SHARE = 5 / 12;

/** Left to others in the project by those who can wait. */
const RESERVE_SHARE = 0.2;
const SMALLEST_RESERVE = 2;

/** Left to others by those who cannot. */
const REST_SHARE = 0.05;
const SMALLEST_REST = 1;

/** A server that stops telling what is left is believed for this long. */
const FORGOTTEN_AFTER_MS = 300_000;

/** Sums of shares are not exact. */
const NEXT_TO_NOTHING = 1e-6;

/**
 * What the end of a request tells about the bucket: what its reply says; `none`, when the reply says nothing; `unknown`, when there was no
 * reply; `uncounted`, when it was answered in front of the buckets (a login challenge).
 */
export type BucketReport = RateLimits | 'none' | 'unknown' | 'uncounted';

/** The place of one request in the bucket of its endpoint set, from the permit to send the request until its end. */
export interface Slot {
  /** True while the request may (still) be sent: what is left may have changed since it got its permit. */
  isOpen(isUrgent: boolean): boolean;
  /** Notes that the request goes out. */
  sent(): void;
  /** Notes that the request has ended, or was never sent. Only the first call counts. */
  ended(report: BucketReport): void;
}

/** What a server allows on one set of endpoints in one project, as its replies tell. The bucket behind it is shared with others. */
export interface RateGate {
  /**
   * How long until one more may go: 0 when it may. An estimate, to be asked again when a request has ended; without end where it
   * hangs on those that have a permit already.
   */
  waitMs(isUrgent: boolean): number;
  /** True when the second request of a login may follow the first. */
  mayFollow(): boolean;
  /** Takes a slot for a request that has been given its permit. Never refuses: `waitMs` and `mayFollow` are asked before. */
  enter(): Slot;
  /** The limits as a reply told them last; `null` while none has. */
  limits(): RateLimits | null;
}

/** What is known of the bucket. Times are the monotonic clock's. */
interface Known {
  limit: number;
  remaining: number;
  /** When `remaining` was right. */
  at: number;
  /** When the last reply arrived that was taken at its word. */
  takenAt: number;
  limits: RateLimits;
  /** When a reply told them. */
  toldAt: number;
}

/**
 * - Nothing known (yet): requests go one by one, the next one when the one before has ended, or `spacingMs` after it. So a burst does not
 *   meet a closed door all at once.
 * - Known: what is left, less those on their way, plus what will have been filled up since, carefully estimated; each reply puts it
 *   right. Idle reads leave a fifth of the limit to others and wait below that. Over the refill's own share of the bucket (from full to
 *   7/12) they go freely; below, no faster than it is filled up. Urgent ones go on to a small rest.
 * - Replies overtake one another: one whose request left before the last word was heard can only lower the account.
 */
export function createRateGate({ spacingMs, clock }: { spacingMs: number; clock: Clock }): RateGate {
  const lastMinute = createSlidingWindow();
  let known: Known | null = null;
  let enteredAt = Number.NEGATIVE_INFINITY;
  let unsent = 0;
  let underway = 0;

  const left = ({ limit, remaining, at }: Known): number =>
    Math.min(limit, remaining + ((clock.monotonic() - at) * limit * REFILL_SHARE) / MINUTE_MS);

  /** Until the account says that one more leaves `floor`. `held`: how many have a permit and are not sent, besides the one that asks. */
  function untilLeft(floor: number, bucket: Known, held: number): number {
    const after = left(bucket) - held - underway - 1;
    if (after >= floor - NEXT_TO_NOTHING) return 0;
    return ((floor - after) * MINUTE_MS) / (bucket.limit * REFILL_SHARE);
  }

  function untilOpen(isUrgent: boolean, bucket: Known): number {
    const { limit } = bucket;
    if (isUrgent) return untilLeft(restOf(limit), bucket, unsent);
    const untilPlenty = untilLeft(limit * (1 - REFILL_SHARE), bucket, unsent);
    return Math.max(untilLeft(reserveOf(limit), bucket, unsent), Math.min(untilPlenty, untilInPace(limit)));
  }

  /** Evenly spread, and so that the last minute, with one more, holds no more of ours than the refill's share. */
  function untilInPace(limit: number): number {
    const now = clock.monotonic();
    lastMinute.forgetBefore(now - MINUTE_MS);
    const tooMany = lastMinute.count() + unsent + 1 - Math.max(1, Math.floor(limit * REFILL_SHARE));
    if (tooMany > lastMinute.count()) return Number.POSITIVE_INFINITY;
    const untilFree = tooMany <= 0 ? 0 : lastMinute.at(tooMany - 1) + MINUTE_MS - now;
    const untilNext = enteredAt + MINUTE_MS / (limit * REFILL_SHARE) - now;
    return Math.max(untilFree, untilNext, 0);
  }

  function learn(limits: RateLimits, sentAt: number): void {
    const now = clock.monotonic();
    const isNews = known === null || sentAt >= known.takenAt;
    const remaining = known === null || isNews ? limits.remaining : Math.min(limits.remaining, left(known));
    const takenAt = known === null || isNews ? now : known.takenAt;
    known = { limit: limits.limit, remaining, at: now, takenAt, limits, toldAt: now };
  }

  /** One went, and nobody told what is left. */
  function countDown(isSilent: boolean): void {
    if (known === null) return;
    const now = clock.monotonic();
    const isForgotten = isSilent && now - known.toldAt > FORGOTTEN_AFTER_MS;
    known = isForgotten ? null : { ...known, remaining: Math.max(0, left(known) - 1), at: now };
  }

  return {
    waitMs: (isUrgent) => {
      if (known !== null) return untilOpen(isUrgent, known);
      return unsent + underway === 0 ? 0 : Math.max(0, enteredAt + spacingMs - clock.monotonic());
    },
    mayFollow: () => known === null || untilOpen(true, known) === 0,
    enter: () => {
      let sentAt: number | null = null;
      let hasEnded = false;
      unsent += 1;
      enteredAt = clock.monotonic();
      return {
        isOpen: (isUrgent) => {
          if (known === null) return true;
          const floor = isUrgent ? restOf(known.limit) : reserveOf(known.limit);
          return untilLeft(floor, known, unsent - 1) === 0;
        },
        sent: () => {
          sentAt = clock.monotonic();
          unsent -= 1;
          underway += 1;
          lastMinute.add(sentAt);
        },
        ended: (report) => {
          if (hasEnded) return;
          hasEnded = true;
          if (sentAt === null) {
            unsent -= 1;
            return;
          }
          underway -= 1;
          if (report === 'none' || report === 'unknown') countDown(report === 'none');
          else if (report !== 'uncounted') learn(report, sentAt);
        },
      };
    },
    limits: () => known?.limits ?? null,
  };
}

function reserveOf(limit: number): number {
  return Math.min(limit - 1, Math.max(SMALLEST_RESERVE, Math.ceil(limit * RESERVE_SHARE)));
}

function restOf(limit: number): number {
  return Math.min(reserveOf(limit), Math.max(SMALLEST_REST, Math.floor(limit * REST_SHARE)));
}
