import { aboutKey } from '../event/alert.ts';
import type { WatcherEvent } from '../event/event.ts';
import { jobOf, placeOf, watchOf } from '../event/subject.ts';

/**
 * Names the delivery of one event to one channel: `{event id}:{channel}`, and `:{recipient}` behind it where one recipient is owed
 * the event apart from the others. Every attempt has the same, so that a receiver can tell a repeat.
 */
export function deliveryId(eventId: string, channel: string, recipient: string | null = null): string {
  return recipient === null ? `${eventId}:${channel}` : `${eventId}:${channel}:${recipient}`;
}

/** Names what must arrive in order on a channel: the events of one job, or those about a watch, a place of it or a channel. */
export function orderKeyOf(event: Pick<WatcherEvent, 'subject'>): string {
  return jobOf(event)?.id ?? `watch:${aboutKey(watchOf(event) ?? '', placeOf(event))}`;
}
