import type { Timestamp } from '../instant.ts';
import { nextAttempt, type RetryVerdict } from './retry-policy.ts';

/** What may be a mishap is tried again for this long. */
const TRIED_FOR_MS = 3_600_000;
/** A receiver that has accepted something within this time is believed to be there still. */
const TRUSTED_FOR_MS = 24 * 3_600_000;

/** A refusal that is final by its status and may be a mishap all the same. */
export interface DoubtfulRefusal {
  /** Attempts that have ended so far, this one included; at least 1. */
  attempts: number;
  /** How many of them came early; see `FailedAttempt`. */
  madeDue: number;
  /** Since when it is refused like that: `now` for the first time. */
  refusedSince: Timestamp;
  /** When the channel last accepted something; `null`: never. */
  lastAcceptedAt: Timestamp | null;
  now: Timestamp;
  /** In [0, 1). */
  random: number;
}

/**
 * When to try again what a receiver that has accepted something within the last day refuses for good: by the usual schedule for an hour,
 * with a last time at its end. Given up at once where the receiver has accepted nothing lately: then there is nothing to doubt.
 */
export function nextAfterMishap(refusal: DoubtfulRefusal): RetryVerdict {
  const { refusedSince, lastAcceptedAt, now } = refusal;
  const isTrusted = lastAcceptedAt !== null && refusedSince - lastAcceptedAt <= TRUSTED_FOR_MS;
  const until = refusedSince + TRIED_FOR_MS;
  if (!isTrusted || now >= until) return { kind: 'give_up', because: 'permanent' };
  const next = nextAttempt({ ...refusal, retryable: true, triedMs: 0 });
  return next.kind === 'retry' ? { ...next, nextAttemptAt: Math.min(next.nextAttemptAt, until) } : next;
}
