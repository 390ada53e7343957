import type { Timestamp } from '../instant.ts';
import type { WatcherEvent } from './event.ts';

/** True where nobody says when it happened: `occurredAt` is when we saw it, and it happened then at the latest. */
export function isUndated({
  occurredAt,
  detectedAt,
}: Pick<WatcherEvent, 'occurredAt' | 'detectedAt'>): boolean {
  return occurredAt === detectedAt;
}

/** Returns when an undated milestone had surely not been reached yet: the last good look before. `null`: not known, or it is dated. */
export function happenedAfter(event: WatcherEvent): Timestamp | null {
  const { subject, occurredAt, reminder } = event;
  if (subject.kind !== 'job' || reminder !== null || !isUndated(event)) return null;
  const { lastLookAt = null } = subject;
  // A clock that was set back in between makes a span of nothing.
  return lastLookAt !== null && lastLookAt < occurredAt ? lastLookAt : null;
}
