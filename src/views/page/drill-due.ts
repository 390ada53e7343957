import { type Drill, drillKey } from '../../domain/drills/drill.ts';
import { type DrillPlace, waitingSince } from '../../domain/drills/drill-place.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { isWildcard } from '../../domain/job/watch.ts';
import type { WatchStatus } from '../../watcher/status.ts';

/** The drill of a watch that is due first. */
export interface DrillDue {
  /** By then a restore that counts is to have finished. */
  at: Timestamp;
  isOverdue: boolean;
  /** `null`: `expectRestoreEvery` of the watch, which has no name. */
  drill: string | null;
  /** Where it is due, of a watch that has several instances. */
  instanceName: string | null;
  /** How many other drills and instances of the watch are overdue as well. */
  othersOverdue: number;
}

/** How drills stand at each instance, by `drillKey`. */
export type DrillStanding = ReadonlyMap<string, readonly DrillPlace[]>;

/** Finds it; `null`: none is agreed, or nothing is known of it yet. */
export function drillDueOf(
  watch: Pick<WatchStatus, 'watch' | 'groupId' | 'instanceName'>,
  { drills, standing, now }: { drills: readonly Drill[]; standing: DrillStanding; now: Timestamp },
): DrillDue | null {
  const dues = drills
    .filter((drill) => drill.watch === watch.watch)
    .flatMap((drill) =>
      (standing.get(drillKey(drill)) ?? []).map((place) => ({
        at: waitingSince(place) + drill.everyMs,
        ...{ drill: drill.name, instanceName: isWildcard(watch) ? place.instanceName : null },
      })),
    );
  const [first, ...others] = dues.toSorted((a, b) => a.at - b.at);
  if (first === undefined) return null;
  const isOverdue = first.at <= now;
  return { ...first, isOverdue, othersOverdue: others.filter(({ at }) => at <= now).length };
}
