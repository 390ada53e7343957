import type { Timestamp } from '../instant.ts';
import type { Actor } from './actor.ts';

/** Which Atlas API a job was read from. One adapter each under `source/kinds/`. */
export const JOB_KINDS = ['serverless', 'flex', 'cluster', 'collection', 'legacy'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/**
 * How the data of a job is handed over, in one vocabulary for all kinds: into a cluster, by a link, from the oplog, single collections;
 * the last three with legacy backup alone. A failed job may carry another word, as Atlas gave it.
 */
export const DELIVERY_TYPES = [
  'automated',
  'download',
  'pointInTime',
  'collection',
  'query',
  'scp',
  'thirdPartyCopy',
] as const;

/** The points of a job's life, in the order of life. They only accumulate. */
export const MILESTONES = ['started', 'ready', 'finished', 'failed', 'cancelled', 'expired'] as const;
export type Milestone = (typeof MILESTONES)[number];

/** True for events that are a milestone of a job. */
export function isMilestone(name: string): name is Milestone {
  return (MILESTONES as readonly string[]).includes(name);
}

/** A job's state is its last milestone; `in_progress` before any outcome; `unknown` while what Atlas says cannot be read. */
export type JobState = 'in_progress' | Exclude<Milestone, 'started'> | 'unknown';

export const JOB_STATES: readonly JobState[] = [
  'in_progress',
  ...MILESTONES.filter((milestone) => milestone !== 'started'),
  'unknown',
];

/** A milestone that a job has reached; `at` is `null` where Atlas gives no time for it. */
export interface ReachedMilestone {
  milestone: Milestone;
  at: Timestamp | null;
}

/**
 * One restore job, normalised: the same shape for every kind. Holds no link and no credential (those are dropped while decoding).
 * Instants are epoch milliseconds; `null` means that Atlas gives no such fact.
 */
export interface RestoreJob {
  id: string;
  kind: JobKind;
  groupId: string;
  /** The source of the snapshot, not the target. */
  instanceName: string;
  /** One of `DELIVERY_TYPES`, whatever the kind calls it. */
  deliveryType: string;
  state: JobState;
  /** In the order of life; `started` is always first. */
  reached: ReachedMilestone[];
  /** Finished, but something is not as it should be (some indexes failed). */
  warnings: boolean;
  createdAt: Timestamp;
  finishedAt: Timestamp | null;
  expiresAt: Timestamp | null;
  snapshotId: string | null;
  snapshotAt: Timestamp | null;
  targetGroupId: string | null;
  targetClusterName: string | null;
  /** What the target's project is called, where it is another one than the job's and we have seen its name; left out in jobs stored before. */
  targetGroupName?: string | null;
  /** Text from Atlas about what went wrong; links removed. */
  errorMessage: string | null;
  /** Documents restored so far, of how many. */
  progress: { done: number; total: number } | null;
  /** Ties the jobs of one sharded legacy restore together. */
  batchId: string | null;
  /** Who began it, once that is known or cannot be; left out until then, and where the watch does not ask. */
  actor?: Actor;
}

/** How far along a milestone is. Finished, failed and cancelled are three ways to reach the same stage. */
const STAGES = { started: 0, ready: 1, finished: 2, failed: 2, cancelled: 2, expired: 3 } as const;

/** True unless `milestone` belongs to a later stage of life than `other`. */
export function isUpTo(milestone: Milestone, other: Milestone): boolean {
  return STAGES[milestone] <= STAGES[other];
}

/**
 * The state after these milestones, given in the order they were recorded: the one farthest along, and of several ways to end the one
 * recorded last. A finish that Atlas shows only after the expiry leaves the job expired.
 */
export function stateAfter(milestones: readonly Milestone[]): JobState {
  let last: Milestone = 'started';
  for (const milestone of milestones) if (isUpTo(last, milestone)) last = milestone;
  return last === 'started' ? 'in_progress' : last;
}

/**
 * What a job came to after these milestones: its state, and of one that has expired what it was before. That a link or the job itself runs
 * out later takes nothing back. Only what came to nothing before it expired has expired.
 */
export function outcomeAfter(milestones: readonly Milestone[]): JobState {
  const before = stateAfter(milestones.filter((milestone) => milestone !== 'expired'));
  return before === 'in_progress' ? stateAfter(milestones) : before;
}

/** How long after `expiresAt` a finished job is still asked for: Atlas is eventually consistent, `expired` may turn true late. */
const EXPIRY_GRACE_MS = 3_600_000;

/**
 * Until when a job may still change, and so is worth asking for by id: `null` without end, `0` when it is over.
 * failed, cancelled and expired are last states; finished too, unless `expiresAt` lies ahead (then `expired` may still turn true).
 */
export function mayChangeUntil(job: Pick<RestoreJob, 'state' | 'expiresAt'>): Timestamp | null {
  switch (job.state) {
    case 'failed':
    case 'cancelled':
    case 'expired':
      return 0;
    case 'finished':
      return job.expiresAt === null ? 0 : job.expiresAt + EXPIRY_GRACE_MS;
    case 'in_progress':
    case 'ready':
    case 'unknown':
      return null;
    default:
      return assertNever(job.state);
  }
}

/** True while the job has neither ended nor delivered: losing sight of it matters. */
export function isUnfinished(state: JobState): boolean {
  return state === 'in_progress' || state === 'ready' || state === 'unknown';
}

/** `6080…8293`: enough of an id to recognise it, short enough for a lock screen. */
export function shortId(id: string): string {
  return id.length > 10 ? `${id.slice(0, 4)}…${id.slice(-4)}` : id;
}

/** Ends a switch over a closed set: the compiler demands that nothing is left, and a value from outside throws. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}

/** It makes a link to the data, and restores into no cluster. */
export function isDownload({ deliveryType }: Pick<RestoreJob, 'deliveryType'>): boolean {
  return deliveryType === 'download';
}

/** True when the target lies in another project than the job, by its id (in whatever case). A download has no target. */
export function isCrossProject({
  groupId,
  targetGroupId,
}: Pick<RestoreJob, 'groupId' | 'targetGroupId'>): boolean {
  return targetGroupId !== null && targetGroupId.toLowerCase() !== groupId.toLowerCase();
}

/** Where the target lies, by name where it is known, or else by its short id; `null` in the job's own project. */
export function otherProjectOf(
  job: Pick<RestoreJob, 'groupId' | 'targetGroupId' | 'targetGroupName'>,
): string | null {
  if (job.targetGroupId === null || !isCrossProject(job)) return null;
  return job.targetGroupName ?? shortId(job.targetGroupId);
}
