import type { Timestamp } from '../instant.ts';
import type { JobState, Milestone, RestoreJob } from './restore-job.ts';

/**
 * How a job came into view. `named`: by id in the configuration; `baseline`: on the first complete listing of its target;
 * `new`: afterwards.
 */
export type Origin = 'named' | 'baseline' | 'new';

/** What only time tells about a job. */
export type TimeEventName = 'stalled' | 'expiring';

/** When it was told; each is told once. */
export type Raised = Readonly<Partial<Record<TimeEventName, Timestamp>>>;

/** When milestones were first seen for which Atlas gives no time: they happened at that time at the latest. */
export type Noticed = Readonly<Partial<Record<Milestone, Timestamp>>>;

/** What we saw of a job last, and what we have recorded of its life. One per watch and job. */
export interface Observation {
  watch: string;
  jobId: string;
  /** The facts as last read; `null` for a job of which nothing readable was ever seen. */
  job: RestoreJob | null;
  /** Recorded milestones in the order in which they were recorded. Only grows. */
  milestones: readonly Milestone[];
  /** Follows from `milestones`; `unknown` while `job` is `null`. */
  state: JobState;
  /** Absent where Atlas dates every milestone that is recorded. */
  noticed?: Noticed;
  /** Stored, audited and shown by this name since the first version; hence not `origin`. */
  firstSight: Origin;
  firstSeenAt: Timestamp;
  changedAt: Timestamp;
  /** How often in a row Atlas has answered 404 for this job. */
  notFoundCount: number;
  /** Since when it has been gone from Atlas (404 twice in a row); `null` while it is there. */
  missingSince: Timestamp | null;
  /** How often it has gone from Atlas so far. Absent: never. */
  timesMissing?: number;
  /** What is odd about the latest reply; `null` when nothing is. Logged when it changes. */
  anomaly: string | null;
  /** What only time tells, and was told of this job. */
  raised: Raised;
  /** There when the job was pruned: `PrunedJob` is all that is left of it. Such a one is never written. */
  isPruned?: true;
  /** There when the job was pruned, and is recorded anew: what was left of it goes. Not kept. */
  wasPruned?: true;
  /** Worth asking for by id until then: `null` without end, `0` when it can no longer change. */
  mayChangeUntil: Timestamp | null;
}

/** What stays of a job that was pruned. */
export type PrunedJob = Pick<
  Observation,
  'watch' | 'jobId' | 'milestones' | 'state' | 'timesMissing' | 'firstSight' | 'firstSeenAt' | 'changedAt'
>;

/** What a pruned job is compared as, should Atlas still list it: as one that is over and of which nothing is to be told any more. */
export function observationOfPruned(pruned: PrunedJob): Observation {
  return {
    ...pruned,
    job: null,
    notFoundCount: 0,
    missingSince: null,
    anomaly: null,
    raised: {},
    mayChangeUntil: 0,
    isPruned: true,
  };
}

/**
 * Since when nothing can change about a job any more: the store learned of its last change then, or may have until then. `null`: it may
 * change without end.
 */
export function overSince({ changedAt, missingSince, mayChangeUntil }: Observation): Timestamp | null {
  if (missingSince !== null) return changedAt;
  return mayChangeUntil === null ? null : Math.max(changedAt, mayChangeUntil);
}

/** True while the job should still be asked for by id. */
export function isFollowed(observation: Observation, now: Timestamp): boolean {
  const { mayChangeUntil } = observation;
  return mayChangeUntil === null || mayChangeUntil > now;
}
