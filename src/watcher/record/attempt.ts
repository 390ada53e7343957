import type { AuditDraft } from '../../domain/audit.ts';
import { jobOf } from '../../domain/event/subject.ts';
import { deliveryId } from '../../domain/telling/owed.ts';
import type { ClaimedDelivery, DeliveryOutcome } from '../../store/ports/outbox.ts';

/** How an attempt to deliver ended. */
export interface AttemptEnd {
  delivery: ClaimedDelivery;
  outcome: DeliveryOutcome;
  /** False when the channel had nothing to say of the event: the delivery is over, and nobody was told anything. */
  wasSent: boolean;
}

/**
 * How the attempt ended for each who was tried: for the channel, and for every recipient who has a delivery of its own from now on. Those
 * that were left out of the attempt are not among them.
 */
export function endsOf(end: AttemptEnd): AttemptEnd[] {
  const { delivery, outcome } = end;
  if (outcome.kind === 'released') return [end];
  const parts = (outcome.apart ?? []).flatMap((part): AttemptEnd[] => {
    if (part.kind === 'owed') return [];
    const { recipient } = part;
    const id = deliveryId(delivery.eventId, delivery.channel, recipient);
    return [
      {
        delivery: { ...delivery, id, recipient, attemptsStarted: 1, wasInterrupted: false },
        outcome: { ...part, id, at: outcome.at },
        wasSent: true,
      },
    ];
  });
  return [end, ...parts];
}

/**
 * What the audit log says of an attempt: that an earlier one was cut off, how this one ended, and that the last was given up. Nothing of
 * what was not sent after all: that was no attempt.
 */
export function auditOfAttempt({ delivery, outcome }: AttemptEnd): AuditDraft[] {
  if (outcome.kind === 'released') return [];
  const { id, eventId, channel, event, recipient } = delivery;
  const about = {
    deliveryId: id,
    eventId,
    channel,
    ...(recipient === null ? {} : { recipient }),
    event: event.name,
    jobId: jobOf(event)?.id ?? null,
  };
  const attempt = delivery.attemptsStarted;
  const { detail } = outcome;
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
