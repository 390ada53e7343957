import type { AuditDraft } from '../../domain/audit.ts';
import { jobOf } from '../../domain/event/subject.ts';
import type { ClaimedDelivery, DeliveryOutcome } from '../../store/ports/outbox.ts';

/** How an attempt to deliver ended. */
export interface AttemptEnd {
  delivery: ClaimedDelivery;
  outcome: DeliveryOutcome;
  /** False when the channel had nothing to say of the event: the delivery is over, and nobody was told anything. */
  wasSent: boolean;
}

/** What the audit log says of an attempt: that an earlier one was cut off, how this one ended, and that the last was given up. */
export function auditOfAttempt({ delivery, outcome }: AttemptEnd): AuditDraft[] {
  const { id: deliveryId, eventId, channel, event } = delivery;
  const about = { deliveryId, eventId, channel, event: event.name, jobId: jobOf(event)?.id ?? null };
  const attempt = delivery.attemptsStarted;
  const detail = outcome.kind === 'released' ? null : outcome.detail;
  return [
    ...(delivery.wasInterrupted
      ? [{ at: outcome.at, kind: 'delivery.interrupted' as const, data: { ...about, attempt: attempt - 1 } }]
      : []),
    {
      at: outcome.at,
      kind: 'delivery.attempted',
      data: { ...about, attempt, outcome: outcome.kind, detail },
    },
    ...(outcome.kind === 'given_up'
      ? [{ at: outcome.at, kind: 'delivery.given_up' as const, data: { ...about, detail } }]
      : []),
  ];
}

/** Milliseconds from when the event was detected (with a digest: from its slot) to when it was accepted; `null` when it was not. */
export function latencyMsOf({ delivery, outcome }: Pick<AttemptEnd, 'delivery' | 'outcome'>): number | null {
  if (outcome.kind !== 'delivered') return null;
  return outcome.at - Math.max(delivery.event.detectedAt, delivery.heldUntil ?? 0);
}
