import type { Timestamp } from '../instant.ts';
import { LONGEST_EVENT_SILENCE_MS } from './silence.ts';

/** Waits between delivery attempts, in milliseconds; the last one repeats. 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, 3 h … */
const DELAYS_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000, 10_800_000] as const;

/** A delivery is tried for this long before it is given up. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/** An attempt that comes later than planned by more than this was not waited for: nothing ran, or the clock has stepped. */
const LATENESS_MS = 600_000;

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
  /** How many of them came early because the channel had accepted something else; they lengthen no wait. */
  madeDue: number;
  /** Milliseconds of trying behind the delivery when this attempt began; see `triedMs`. */
  triedMs: number;
  now: Timestamp;
  /** In [0, 1). */
  random: number;
}

/**
 * When to try a delivery again, or to give it up. Never sooner than the schedule, nor than the receiver asked, of which 3 h are believed;
 * a last time when it has been tried for 24 h. Given up at once when the fault is permanent, and when that last attempt has failed.
 */
export function nextAttempt(failed: FailedAttempt): RetryVerdict {
  if (!failed.retryable) return { kind: 'give_up', because: 'permanent' };
  const leftMs = GIVE_UP_AFTER_MS - failed.triedMs;
  if (leftMs <= 0) return { kind: 'give_up', because: 'too_long' };
  const steps = Math.max(1, failed.attempts - failed.madeDue);
  const step = DELAYS_MS[Math.min(steps, DELAYS_MS.length) - 1] ?? DELAYS_MS[0];
  const asked = Math.min(failed.retryAfterMs ?? 0, LONGEST_EVENT_SILENCE_MS);
  const wait = Math.max(step * (1 + JITTER * failed.random), asked);
  return { kind: 'retry', nextAttemptAt: Math.ceil(failed.now + Math.min(wait, leftMs)) };
}

/** What is known of an attempt that begins, and of the one before it. */
export interface BegunAttempt {
  /** Milliseconds of trying behind the delivery when the attempt before began. */
  beforeMs: number;
  /** When the attempt before began; `null`: this is the first one. */
  previousAt: Timestamp | null;
  /** When this one was to come. */
  plannedAt: Timestamp;
  now: Timestamp;
}

/**
 * For how many milliseconds a delivery has been tried when an attempt begins: the sum of the waits, each as long as planned and a little
 * more at most. So neither a step of the wall clock nor a time when nothing ran makes it old.
 */
export function triedMs({ beforeMs, previousAt, plannedAt, now }: BegunAttempt): number {
  if (previousAt === null) return 0;
  const longest = Math.max(0, plannedAt - previousAt) + LATENESS_MS;
  return beforeMs + Math.max(0, Math.min(now - previousAt, longest));
}

/**
 * Spans by which a delivery is kept apart from its last attempt when the channel accepts something else, by how often that has made it
 * due before, in milliseconds; the last one repeats. The first time it is due at once: the fault was the channel's. A message that is
 * refused again while the channel accepts others has a fault of its own, and is not tried after each of them.
 */
export const APART_WHEN_MADE_DUE_MS: readonly number[] = [0, ...DELAYS_MS];

/** How long a watch waits after its `failures`-th failed poll in a row: its own interval, doubling, 5 minutes at most. */
export function pollBackoffMs(failures: number, intervalMs: number, random: number): number {
  const doubled = Math.max(1_000, intervalMs) * 2 ** Math.min(Math.max(failures - 1, 0), 20);
  return Math.min(MAX_POLL_BACKOFF_MS, doubled) * (1 - 0.1 * random);
}

const MAX_POLL_BACKOFF_MS = 300_000;
