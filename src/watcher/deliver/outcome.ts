import type { Timestamp } from '../../domain/instant.ts';
import { nextAttempt } from '../../domain/telling/retry-policy.ts';
import { DeliveryError } from '../../errors.ts';
import type { ClaimedDelivery, DeliveryOutcome } from '../../store/ports/outbox.ts';

/** The outcome of an attempt that the receiver accepted. */
export function acceptedOutcome({ id }: ClaimedDelivery, at: Timestamp, detail: string): DeliveryOutcome {
  return { id, kind: 'delivered', at, detail };
}

/** What decides about the next attempt: the same for all deliveries of one message, so that they come back together. */
export interface RefusalContext {
  at: Timestamp;
  /** In [0, 1). */
  random: number;
  /** The send was cut short: the delivery is due again at once. */
  wasCut: boolean;
}

/** The outcome of an attempt that failed: tried again later, or given up. */
export function refusedOutcome(
  { id, attemptsFinished, firstAttemptAt }: ClaimedDelivery,
  error: Error,
  { at, random, wasCut }: RefusalContext,
): DeliveryOutcome {
  const detail = describe(error);
  if (wasCut) return { id, kind: 'retry', at, nextAttemptAt: at, detail: `${detail} (shutting down)` };
  const known = error instanceof DeliveryError ? error : null;
  const verdict = nextAttempt({
    retryable: known?.retryable ?? true,
    retryAfterMs: known?.retryAfterMs,
    attempts: attemptsFinished + 1,
    firstAttemptAt: firstAttemptAt ?? at,
    now: at,
    random,
  });
  return verdict.kind === 'retry'
    ? { id, kind: 'retry', at, nextAttemptAt: verdict.nextAttemptAt, detail }
    : { id, kind: 'given_up', at, detail };
}

function describe(error: Error): string {
  const hint = error instanceof DeliveryError && error.hint ? ` (${error.hint})` : '';
  return `${error.message}${hint}`;
}
