import { type Drill, drillKey } from '../../domain/drills/drill.ts';
import { type DrillPlace, waitingSince } from '../../domain/drills/drill-place.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { isWildcard } from '../../domain/job/watch.ts';
import type { WatchStatus } from '../../watcher/status.ts';

/** The drill of a watch that is due first: of those of which it is told that they are overdue, if there are any. */
export interface DrillDue {
  /** By then a restore that counts is to have finished. */
  at: Timestamp;
  /** `late`: that time has passed, and nothing was told of it: nobody has looked since then, or can. `overdue`: it is told. */
  state: 'ahead' | 'late' | 'overdue';
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
        isTold: place.overdueSince !== null,
        ...{ drill: drill.name, instanceName: isWildcard(watch) ? place.instanceName : null },
      })),
    );
  const [first, ...others] = dues.toSorted((a, b) => Number(b.isTold) - Number(a.isTold) || a.at - b.at);
  if (first === undefined) return null;
  const { isTold, ...due } = first;
  const state = isTold ? 'overdue' : due.at <= now ? 'late' : 'ahead';
  return { ...due, state, othersOverdue: others.filter((other) => other.isTold).length };
}
