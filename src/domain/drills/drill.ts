import type { Watch } from '../job/watch.ts';
import { fits } from '../telling/glob.ts';

/** What is agreed about restore tests: how often, how fast, of how fresh a snapshot, and looked at by when. Spans are milliseconds. */
export interface Drill {
  /** `null`: `expectRestoreEvery` of the watch, the short form. */
  name: string | null;
  watch: string;
  /** Globs of the clusters that are restored to; empty: any restore counts, also a download. */
  targets: readonly string[];
  /** A restore that counts has to finish at least this often. */
  everyMs: number;
  /** `null`: as long as it takes. */
  maxDurationMs: number | null;
  /** From the snapshot to the begin of the restore; `null`: however old. */
  maxSnapshotAgeMs: number | null;
  /** Somebody has to attest the restore within this after its end; `null`: nobody has to. */
  validateWithinMs: number | null;
}

/** What a restore may lack to count as a drill that went well. */
export const DRILL_REASONS = [
  'failed',
  'too_slow',
  'snapshot_too_old',
  'attested_failed',
  'not_attested',
] as const;
export type DrillReason = (typeof DRILL_REASONS)[number];

/** No name of a drill or a watch holds it. */
const SHORT_FORM = '*';

/** Names a drill among all others in the store. */
export function drillKey({ name, watch }: Pick<Drill, 'name' | 'watch'>): string {
  return name ?? `${SHORT_FORM}${watch}`;
}

/** The drills that the short form `expectRestoreEvery` of watches comes to. */
export function shortDrills(watches: readonly Watch[]): Drill[] {
  return watches.flatMap(({ name: watch, expectRestoreEveryMs: everyMs }) =>
    everyMs === null
      ? []
      : [
          {
            ...{ name: null, watch, targets: [], everyMs },
            ...{ maxDurationMs: null, maxSnapshotAgeMs: null, validateWithinMs: null },
          },
        ],
  );
}

/** True when a restore into this cluster counts as the drill; `null`: it goes into none, as a download. */
export function countsFor({ targets }: Drill, targetClusterName: string | null): boolean {
  return targets.length === 0 || fits(targets, targetClusterName);
}
