import type { Timestamp } from '../instant.ts';
import { isFollowed, type Observation } from './observation.ts';

/**
 * Returns when a good look at the job last began, before the one of now: a milestone that is new lies after it, whatever Atlas says.
 * `null`: nobody had looked at the job, or what Atlas said then could not be read.
 *
 * `lastLookAt`: when the last look at the whole target began; `null` where this process remembers none. The observation then tells when
 * the job was seen to change, which is further back.
 */
export function lastGoodLook(
  previous: Observation | undefined,
  lastLookAt: Timestamp | null,
): Timestamp | null {
  if (previous === undefined || previous.job === null) return null;
  if (previous.anomaly !== null || previous.notFoundCount > 0 || previous.missingSince !== null) return null;
  const { changedAt } = previous;
  const wasLookedAt = lastLookAt !== null && isFollowed(previous, lastLookAt);
  return wasLookedAt ? Math.max(lastLookAt, changedAt) : changedAt;
}
