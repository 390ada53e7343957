import type { Clock } from '../../clock.ts';
import type { RateLimits } from '../reply/rate-limits.ts';
import {
  type BucketAccount,
  createBucketAccount,
  type KnownBucket,
  leftIn,
  REFILL_SHARE,
  untilLeftMs,
} from './bucket-account.ts';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.ts';

const MINUTE_MS = 60_000;

/** Left to others in the project by those who can wait. */
const RESERVE_SHARE = 0.2;
const SMALLEST_RESERVE = 2;

/** Left to others by those who cannot. */
const REST_SHARE = 0.05;
const SMALLEST_REST = 1;

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
  /** How many requests are filled up in a minute, as far as replies tell; `null` while none has. */
  refillPerMinute(): number | null;
}

/**
 * - Nothing known (yet): requests go one by one, the next one when the one before has ended, or `spacingMs` after it. So a burst does not
 *   meet a closed door all at once.
 * - Known: what is left, less those on their way, plus what will have been filled up since, carefully estimated; each reply puts it
 *   right. Idle reads leave a fifth of the limit to others and wait below that. Over the refill's own share of the bucket (from full to
 *   7/12) they go freely; below, no faster than it is filled up. Urgent ones go on to a small rest. A gateway whose bucket is full again
 *   sooner than one of Atlas's is taken at its word.
 * - Replies overtake one another: one whose request left before the last word was heard can only lower the account.
 */
export function createRateGate({ spacingMs, clock }: { spacingMs: number; clock: Clock }): RateGate {
  const account = createBucketAccount(clock);
  const traffic: Traffic = {
    unsent: 0,
    underway: 0,
    enteredAt: Number.NEGATIVE_INFINITY,
    lastMinute: createSlidingWindow(),
  };

  const untilOpen = (isUrgent: boolean, bucket: KnownBucket): number => {
    const now = clock.monotonic();
    const others = traffic.unsent + traffic.underway;
    const { limit } = bucket;
    if (isUrgent) return untilLeft(restOf(limit), bucket, others, now);
    const untilPlenty = untilLeft(limit * (1 - REFILL_SHARE), bucket, others, now);
    return Math.max(
      untilLeft(reserveOf(limit), bucket, others, now),
      Math.min(untilPlenty, untilInPace(bucket, traffic, now)),
    );
  };

  return {
    waitMs: (isUrgent) => {
      const bucket = account.known();
      if (bucket !== null) return untilOpen(isUrgent, bucket);
      const isIdle = traffic.unsent + traffic.underway === 0;
      return isIdle ? 0 : Math.max(0, traffic.enteredAt + spacingMs - clock.monotonic());
    },
    mayFollow: () => {
      const bucket = account.known();
      return bucket === null || untilOpen(true, bucket) === 0;
    },
    enter: () => createSlot(account, traffic, clock),
    limits: () => account.known()?.limits ?? null,
    refillPerMinute: () => {
      const bucket = account.known();
      return bucket === null ? null : perMinuteOf(bucket);
    },
  };
}

/** The requests of ours that go through one gate. */
interface Traffic {
  /** Those that have a slot and are not sent yet. */
  unsent: number;
  /** Those that are sent and have not ended. */
  underway: number;
  /** When the last one got its slot. */
  enteredAt: number;
  /** When those of the last minute were sent. */
  lastMinute: SlidingWindow;
}

function createSlot(account: BucketAccount, traffic: Traffic, clock: Clock): Slot {
  let sentAt: number | null = null;
  let hasEnded = false;
  traffic.unsent += 1;
  traffic.enteredAt = clock.monotonic();
  return {
    isOpen: (isUrgent) => {
      const bucket = account.known();
      if (bucket === null) return true;
      const floor = isUrgent ? restOf(bucket.limit) : reserveOf(bucket.limit);
      const others = traffic.unsent - 1 + traffic.underway;
      return untilLeft(floor, bucket, others, clock.monotonic()) === 0;
    },
    sent: () => {
      sentAt = clock.monotonic();
      traffic.unsent -= 1;
      traffic.underway += 1;
      traffic.lastMinute.add(sentAt);
    },
    ended: (report) => {
      if (hasEnded) return;
      hasEnded = true;
      if (sentAt === null) {
        traffic.unsent -= 1;
        return;
      }
      traffic.underway -= 1;
      if (report === 'none' || report === 'unknown') account.countDown(report === 'none');
      else if (report !== 'uncounted') account.learn(report, sentAt);
    },
  };
}

/** Until the account says that one more leaves `floor`, when `others` of ours have not been counted yet. */
function untilLeft(floor: number, bucket: KnownBucket, others: number, now: number): number {
  const wanted = floor + others + 1;
  return leftIn(bucket, now) >= wanted - NEXT_TO_NOTHING ? 0 : untilLeftMs(bucket, wanted, now);
}

/** Evenly spread, and so that the last minute, with one more, holds no more of ours than is filled up in a minute. */
function untilInPace(bucket: KnownBucket, { unsent, enteredAt, lastMinute }: Traffic, now: number): number {
  lastMinute.forgetBefore(now - MINUTE_MS);
  const perMinute = perMinuteOf(bucket);
  const tooMany = lastMinute.count() + unsent + 1 - Math.max(1, Math.floor(perMinute));
  if (tooMany > lastMinute.count()) return Number.POSITIVE_INFINITY;
  const untilFree = tooMany <= 0 ? 0 : lastMinute.at(tooMany - 1) + MINUTE_MS - now;
  const untilNext = enteredAt + MINUTE_MS / perMinute - now;
  return Math.max(untilFree, untilNext, 0);
}

function perMinuteOf({ limit, refillMs }: KnownBucket): number {
  return (limit * MINUTE_MS) / refillMs;
}

function reserveOf(limit: number): number {
  return Math.min(limit - 1, Math.max(SMALLEST_RESERVE, Math.ceil(limit * RESERVE_SHARE)));
}

function restOf(limit: number): number {
  return Math.min(reserveOf(limit), Math.max(SMALLEST_REST, Math.floor(limit * REST_SHARE)));
}
