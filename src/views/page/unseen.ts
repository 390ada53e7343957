import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { WatchStatus } from '../../watcher/status.ts';
import { sightOf } from '../status/sight.ts';

/** Since when nobody sees how a job goes, because its watch, or its place in a `*` watch, cannot be read; `null`: it is seen, or another replica looks. */
export function unseenSince(
  { watch, job }: Pick<Observation, 'watch' | 'job'>,
  watches: readonly WatchStatus[],
): Timestamp | null {
  const status = watches.find((each) => each.watch === watch);
  if (status === undefined) return null;
  if (sightOf(status) === 'blind') return status.fault?.since ?? status.lastSuccessAt;
  const fault = status.faults.find(
    ({ place, blindForMs }) =>
      place !== null &&
      blindForMs > status.dueWithinMs &&
      place.groupId === job?.groupId &&
      (place.instanceName === null || place.instanceName === job.instanceName),
  );
  return fault?.since ?? null;
}
