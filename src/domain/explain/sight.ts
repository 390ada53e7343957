import { kindOf, type WatcherEvent } from '../event/event.ts';
import { placeOf, watchOf } from '../event/subject.ts';
import type { Timestamp } from '../instant.ts';
import { liesIn } from '../job/place.ts';

/** Why something was found long after it happened, as far as the record tells. */
export interface Blindness {
  /** When the last good look before began; `null`: not on record. */
  lastLookAt: Timestamp | null;
  foundAt: Timestamp;
  /** What people were told in the meantime: that the watch, or this part of it, could not be read. `null`: nothing. */
  alert: WatcherEvent | null;
}

/** True for what was found late, so that it is worth asking what the watch saw meanwhile. */
export function wasFoundLate({ subject, reminder }: WatcherEvent): boolean {
  return subject.kind === 'job' && subject.late && reminder === null;
}

/** True for an event that begins or ends the blindness of the place where the other one happened. */
export function isAboutSightOf(alert: WatcherEvent, { subject }: WatcherEvent): boolean {
  const kind = kindOf(alert.name);
  const concernsPolling = kind.opens === 'polling' || kind.closes.includes('polling');
  if (!concernsPolling || alert.reminder !== null || alert.test || subject.kind !== 'job') return false;
  const place = placeOf(alert);
  return watchOf(alert) === subject.watch && (place === null || liesIn(subject.instance, place));
}

/**
 * Says what kept the watch from seeing an event in time; `null` for one that was not late. `alerts`: those about the sight of its place
 * that were detected before it, the newest first.
 */
export function blindnessBefore(event: WatcherEvent, alerts: readonly WatcherEvent[]): Blindness | null {
  if (!wasFoundLate(event) || event.subject.kind !== 'job') return null;
  const { lastLookAt = null } = event.subject;
  const index = alerts.findIndex(({ name }) => kindOf(name).opens === 'polling');
  const begun = alerts[index] ?? null;
  const ended = index > 0 ? (alerts[index - 1]?.detectedAt ?? null) : null;
  const covers = begun !== null && (ended === null || ended >= event.occurredAt);
  return { lastLookAt, foundAt: event.detectedAt, alert: covers ? begun : null };
}
