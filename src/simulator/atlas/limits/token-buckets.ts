import type { Timestamp } from '../../../domain/instant.ts';

/** How many requests a bucket allows: so many at once, and so many more each interval. */
export interface BucketSize {
  capacity: number;
  refill: number;
  /** The interval: 60 unless given. */
  perSeconds?: number;
  /** The refill comes all at once at the end of each interval; otherwise steadily. Atlas's documents can be read either way. */
  inSteps?: boolean;
}

/** A bucket that each request takes one token from, refilled as time goes by. */
export interface TokenBucket {
  /** Takes up to `count` tokens. Gives how many were there. */
  take(count: number): number;
  /** Whole tokens left. */
  left(): number;
  /** Milliseconds until there is a token; 0 when there is one. */
  waitMs(): number;
}

/** A bucket that is full at first. */
export function createTokenBucket(size: BucketSize, now: () => Timestamp): TokenBucket {
  const { capacity, refill, perSeconds = 60, inSteps = false } = size;
  const intervalMs = perSeconds * 1_000;
  let tokens = capacity;
  let filledAt = now();

  const fill = (): void => {
    const intervals = (now() - filledAt) / intervalMs;
    const due = inSteps ? Math.floor(intervals) : Math.max(0, intervals);
    tokens = Math.min(capacity, tokens + due * refill);
    filledAt = inSteps ? filledAt + due * intervalMs : now();
  };

  return {
    take: (count) => {
      fill();
      const taken = Math.min(count, Math.floor(tokens));
      tokens -= taken;
      return taken;
    },
    left: () => {
      fill();
      return Math.floor(tokens);
    },
    waitMs: () => {
      fill();
      if (tokens >= 1) return 0;
      return inSteps ? filledAt + intervalMs - now() : ((1 - tokens) / refill) * intervalMs;
    },
  };
}
