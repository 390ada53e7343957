import type { Timestamp } from '../instant.ts';

/** Waits between delivery attempts, in milliseconds; the last one repeats. 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, 3 h … */
const DELAYS_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000, 10_800_000] as const;

/** Attempts go on for this long after the first one, then the delivery is given up. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/** Each wait is stretched by up to this share, so that what failed together does not come back together. */
const JITTER = 0.2;

export type RetryVerdict =
  | { kind: 'retry'; nextAttemptAt: Timestamp }
  | { kind: 'give_up'; because: 'permanent' | 'too_long' };

/** A delivery attempt that has failed, as far as the next one depends on it. */
export interface FailedAttempt {
  retryable: boolean;
  /** How long the receiver asked us to wait. */
  retryAfterMs?: number | undefined;
  /** Attempts that have ended so far, this one included; at least 1. */
  attempts: number;
  firstAttemptAt: Timestamp;
  now: Timestamp;
  /** In [0, 1). */
  random: number;
}

/**
 * When to try a delivery again, or to give it up. Never sooner than the receiver asked (`retryAfterMs`), never sooner than the
 * schedule; given up at once when the fault is permanent, and when the next attempt would come later than 24 h after the first.
 */
export function nextAttempt(failed: FailedAttempt): RetryVerdict {
  if (!failed.retryable) return { kind: 'give_up', because: 'permanent' };
  const step = DELAYS_MS[Math.min(failed.attempts, DELAYS_MS.length) - 1] ?? DELAYS_MS[0];
  const wait = Math.max(step * (1 + JITTER * failed.random), failed.retryAfterMs ?? 0);
  const nextAttemptAt = Math.ceil(failed.now + wait);
  return nextAttemptAt - failed.firstAttemptAt > GIVE_UP_AFTER_MS
    ? { kind: 'give_up', because: 'too_long' }
    : { kind: 'retry', nextAttemptAt };
}

/** How long a watch waits after its `failures`-th failed poll in a row: its own interval, doubling, 5 minutes at most. */
export function pollBackoffMs(failures: number, intervalMs: number, random: number): number {
  const doubled = Math.max(1_000, intervalMs) * 2 ** Math.min(Math.max(failures - 1, 0), 20);
  return Math.min(MAX_POLL_BACKOFF_MS, doubled) * (1 - 0.1 * random);
}

const MAX_POLL_BACKOFF_MS = 300_000;
