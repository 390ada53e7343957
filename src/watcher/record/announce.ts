import { hasHappened } from '../../domain/event/event.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import { watchOf } from '../../domain/event/subject.ts';
import type { Signals } from '../../signals.ts';
import { type AttemptEnd, latencyMsOf } from './attempt.ts';

/** Says of events that have been recorded that they are, and to whom something is owed for them. */
export function announceEvents(signals: Signals, recorded: readonly PlannedEvent[]): void {
  for (const planned of recorded) {
    const { event } = planned;
    const { name, id: eventId } = event;
    const watch = watchOf(event) ?? '';
    signals.emit('event:recorded', { watch, name, eventId, hasHappened: hasHappened(event), planned });
  }
  const channels = channelsOf(recorded);
  if (channels.length > 0) signals.emit('deliveries:owed', { channels });
}

/** Says to whom something will be owed when these events, which are being written, are recorded. */
export function announceComing(signals: Signals, planned: readonly PlannedEvent[]): void {
  const channels = channelsOf(planned);
  if (channels.length > 0) signals.emit('deliveries:coming', { channels });
}

function channelsOf(planned: readonly PlannedEvent[]): string[] {
  return [...new Set(planned.flatMap(({ channels }) => channels))];
}

/** Says of an attempt whose end has been recorded how it ended. Nothing when nothing was sent. */
export function announceAttempt(signals: Signals, { delivery, outcome, wasSent }: AttemptEnd): void {
  if (!wasSent || outcome.kind === 'released') return;
  const { channel, eventId, recipient } = delivery;
  signals.emit('delivery:recorded', {
    channel,
    recipient,
    outcome: outcome.kind,
    latencyMs: latencyMsOf({ delivery, outcome }),
    eventId,
    detail: outcome.detail,
  });
}
