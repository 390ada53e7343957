import { hasHappened } from '../../domain/event/event.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import { watchOf } from '../../domain/event/subject.ts';
import type { Signals } from '../../signals.ts';

/** Says of events that have been recorded that they are, and to whom something is owed for them. */
export function announce(signals: Signals, recorded: readonly PlannedEvent[]): void {
  for (const { event } of recorded) {
    const { name, id: eventId } = event;
    const watch = watchOf(event) ?? '';
    signals.emit('event:recorded', { watch, name, eventId, hasHappened: hasHappened(event) });
  }
  const channels = [...new Set(recorded.flatMap((planned) => planned.channels))];
  if (channels.length > 0) signals.emit('deliveries:owed', { channels });
}
