import type { Clock } from '../../clock.ts';
import type { RateLimits } from '../reply/rate-limits.ts';

const MINUTE_MS = 60_000;

/** Atlas fills its buckets up by 500 of 1,200 a minute, and others by the same share; nothing in a reply tells. */
export const REFILL_SHARE = 5 / 12;

/** A server that stops telling what is left is believed for this long. */
const FORGOTTEN_AFTER_MS = 300_000;

/** What is known of the bucket of one endpoint set. Times are the monotonic clock's. */
export interface KnownBucket {
  limit: number;
  remaining: number;
  /** When `remaining` was right. */
  at: number;
  /** When the last reply arrived that was taken at its word. */
  takenAt: number;
  /** The limits as a reply told them last. */
  limits: RateLimits;
  /** When a reply told them. */
  toldAt: number;
}

/** Our account of a bucket at the server that is shared with others: each reply puts it right. */
export interface BucketAccount {
  /** `null` while nothing was told, and when that is long ago. */
  known(): KnownBucket | null;
  /** Takes over what a reply says whose request left at `sentAt`. One that left before the last word was heard can only lower the account. */
  learn(limits: RateLimits, sentAt: number): void;
  /** Counts one request of which nobody told what is left. `isSilent`: there was a reply, and it said nothing. */
  countDown(isSilent: boolean): void;
}

/** What is left in a bucket, with what will have been filled up since, carefully estimated. */
export function leftIn({ limit, remaining, at }: KnownBucket, now: number): number {
  return Math.min(limit, remaining + ((now - at) * limit * REFILL_SHARE) / MINUTE_MS);
}

/** An account of a bucket of which nothing is known. */
export function createBucketAccount(clock: Clock): BucketAccount {
  let known: KnownBucket | null = null;
  return {
    known: () => known,
    learn: (limits, sentAt) => {
      const now = clock.monotonic();
      const isNews = known === null || sentAt >= known.takenAt;
      const remaining =
        known === null || isNews ? limits.remaining : Math.min(limits.remaining, leftIn(known, now));
      const takenAt = known === null || isNews ? now : known.takenAt;
      known = { limit: limits.limit, remaining, at: now, takenAt, limits, toldAt: now };
    },
    countDown: (isSilent) => {
      if (known === null) return;
      const now = clock.monotonic();
      const isForgotten = isSilent && now - known.toldAt > FORGOTTEN_AFTER_MS;
      known = isForgotten ? null : { ...known, remaining: Math.max(0, leftIn(known, now) - 1), at: now };
    },
  };
}
