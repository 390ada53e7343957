import type { Clock } from '../../clock.ts';
import type { RateLimits } from '../reply/rate-limits.ts';

const MINUTE_MS = 60_000;

/** Atlas fills its buckets up by 500 of 1,200 a minute, and others by the same share; nothing in its replies tells. */
export const REFILL_SHARE = 5 / 12;
const ATLAS_REFILL_MS = MINUTE_MS / REFILL_SHARE;

/** A server that stops telling what is left is believed for this long. */
const FORGOTTEN_AFTER_MS = 300_000;

/** What is known of the bucket of one endpoint set. Times are the monotonic clock's. */
export interface KnownBucket {
  limit: number;
  remaining: number;
  /** When `remaining` was right. */
  at: number;
  /** When it is full again, by what a reply told; without end where none has. */
  fullAt: number;
  /** In how long an empty one is full: as replies told or have shown, and no longer than with Atlas. */
  refillMs: number;
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

/**
 * What is left in a bucket, with what will have been filled up since, carefully estimated: little by little as with Atlas, and all of
 * it at the time that the server has named.
 */
export function leftIn({ limit, remaining, at, fullAt }: KnownBucket, now: number): number {
  return now >= fullAt ? limit : Math.min(limit, remaining + ((now - at) * limit) / ATLAS_REFILL_MS);
}

/** How long until `wanted` are left in a bucket; without end where it never holds as many. */
export function untilLeftMs(bucket: KnownBucket, wanted: number, now: number): number {
  const { limit, fullAt } = bucket;
  const missing = wanted - leftIn(bucket, now);
  const untilFull = wanted > limit ? Number.POSITIVE_INFINITY : fullAt - now;
  return Math.max(0, Math.min((missing * ATLAS_REFILL_MS) / limit, untilFull));
}

/** Where no reply names the window, it is at least as long as the longest time that was left of it. */
function refillOf({ limit, windowMs, fullInMs }: RateLimits, before: KnownBucket | null): number {
  const seenMs = before?.limits.limit === limit && before.limits.fullInMs !== undefined ? before.refillMs : 0;
  const shownMs = fullInMs === undefined ? ATLAS_REFILL_MS : Math.max(seenMs, fullInMs);
  return Math.max(1, Math.min(ATLAS_REFILL_MS, windowMs ?? shownMs));
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
      const { limit, fullInMs = limits.windowMs } = limits;
      const toldFullAt = fullInMs === undefined ? Number.POSITIVE_INFINITY : now + fullInMs;
      const fullAt = known === null || isNews ? toldFullAt : Math.max(known.fullAt, toldFullAt);
      const refillMs = refillOf(limits, known);
      known = { limit, remaining, at: now, fullAt, refillMs, takenAt, limits, toldAt: now };
    },
    countDown: (isSilent) => {
      if (known === null) return;
      const now = clock.monotonic();
      const isForgotten = isSilent && now - known.toldAt > FORGOTTEN_AFTER_MS;
      const remaining = Math.max(0, leftIn(known, now) - 1);
      const fullAt =
        now < known.fullAt ? known.fullAt : now + (known.limits.windowMs ?? Number.POSITIVE_INFINITY);
      known = isForgotten ? null : { ...known, remaining, at: now, fullAt };
    },
  };
}
