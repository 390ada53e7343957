import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import { liesIn, placeKey, type WatchPlace } from '../../domain/job/place.ts';
import { HINT } from '../poll/in-hand.ts';
import type { Fault, PlaceFault, Throttled } from '../status.ts';
import type { Failing } from './account.ts';
import type { HeldBack } from './throttle.ts';

/** As the status of a watch shows it. */
export function toThrottled(held: HeldBack | null): Throttled | null {
  if (held === null) return null;
  const { reason, by, message, hint, since, isMeant } = held;
  return { reason, by, message, hint, since, isMeant };
}

/** Names what fails among what fails of one watch; empty for all of it. */
export function keyOf({ part }: Failing): string {
  return part === null ? '' : placeKey(part.place);
}

/** As the status of a watch shows it. */
export function toPlaceFault({ fault, forMs, part }: Failing): PlaceFault {
  return { ...fault, place: part?.place ?? null, blindForMs: forMs };
}

/** Leaves out where the fault lies. */
export function toFault({ reason, message, hint, since }: PlaceFault): Fault {
  return { reason, message, hint, since };
}

/** True when the place is a part of what fails. */
export function liesInPart({ groupId, instanceName }: WatchPlace, part: WatchPlace): boolean {
  return instanceName !== null && liesIn({ groupId, instanceName }, part);
}

/** That nothing has come of something for so long. */
export function silence(now: Timestamp, forMs: number, what: string): Pick<Failing, 'fault' | 'forMs'> {
  const message = `nothing has come of ${what} for ${formatSpan(forMs)}`;
  return { fault: { reason: 'timeout', message, hint: HINT, since: now - forMs }, forMs };
}
