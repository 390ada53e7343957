import type { Timestamp } from '../../domain/instant.ts';
import type { ReachedMilestone, RestoreJob } from '../../domain/job/restore-job.ts';
import type { Target } from '../../domain/job/watch.ts';
import { isRecord } from '../../domain/json-object.ts';
import type { ScrubValue } from '../reply/scrub.ts';
import { type Fields, readCountIfAny, readInstant, readText, readTextIfAny, unknownValue } from './fields.ts';
import { decodeJob, type JobFacts, reached, readCreation } from './job.ts';
import { acceptOf, type JobKindAdapter, pageQuery, projectPath, segment } from './kind.ts';

/**
 * Restores of single collections and databases of a dedicated cluster: "Return All Collection Restore Jobs for One Cluster" and
 * "Return One …" of the Atlas Administration API. v2 alone has them; the only kind with progress, an error text and no count to
 * leave out.
 */
export const collectionJobs: JobKindAdapter = {
  kind: 'collection',
  role: 'Project Backup Manager',
  listPath: (target, page) => `${jobsPath(target)}?${pageQuery(page)}`,
  jobPath: (target, jobId) => `${jobsPath(target)}/${segment(jobId)}`,
  accept: (apiVersion) => acceptOf(apiVersion, '2025-03-12'),
  decode: (raw, target, _now, scrub) =>
    decodeJob(raw, scrub, (id, fields) => readFacts(id, fields, target, scrub)),
};

function jobsPath(target: Target): string {
  return `${projectPath(target)}/clusters/${segment(target.instanceName)}/collectionRestoreJobs`;
}

const RUNNING: ReadonlySet<string> = new Set(['INITIALIZING', 'IN_PROGRESS', 'FINALIZING']);

function readFacts(id: string, raw: Fields, { groupId, instanceName }: Target, scrub: ScrubValue): JobFacts {
  const state = readText(raw, 'state');
  const finishedAt = readInstant(raw, 'finishedAt');
  return {
    id,
    kind: 'collection',
    groupId,
    instanceName,
    deliveryType: 'collection',
    outcomes: outcomesOf(state, finishedAt),
    warnings: state === 'SUCCESSFUL' && hasFailedIndexes(raw),
    createdAt: readCreation(raw, 'createdAt', id),
    finishedAt,
    expiresAt: null,
    snapshotId: readTextIfAny(raw, 'snapshotId', scrub),
    snapshotAt: null,
    targetGroupId: readTextIfAny(raw, 'targetGroupId', scrub),
    targetClusterName: readTextIfAny(raw, 'targetClusterName', scrub),
    errorMessage: readTextIfAny(raw, 'errorMessage', scrub),
    progress: progressOf(raw),
  };
}

/** One l in `CANCELED`, unlike the flag of other kinds. */
function outcomesOf(state: string, finishedAt: Timestamp | null): ReachedMilestone[] {
  if (RUNNING.has(state)) return [];
  switch (state) {
    case 'SUCCESSFUL':
      return [reached('finished', finishedAt)];
    case 'FAILED':
      return [reached('failed', finishedAt)];
    case 'CANCELED':
      return [reached('cancelled', finishedAt)];
    default:
      throw unknownValue('state', state);
  }
}

function hasFailedIndexes({ indexStatus }: Fields): boolean {
  if (!isRecord(indexStatus)) return false;
  return indexStatus.state === 'FAILED' || (readCountIfAny(indexStatus, 'failedCollectionCount') ?? 0) > 0;
}

/**
 * The counts as Atlas gives them, not rounded: while documents come in, every poll has something to write down, and an estimate of
 * the time left needs it; while none do, nothing is written. No total yet (it is counted first, and may change later), no progress.
 */
function progressOf(raw: Fields): RestoreJob['progress'] {
  const done = readCountIfAny(raw, 'restoredDocuments');
  const total = readCountIfAny(raw, 'totalDocuments');
  return done === null || total === null || total === 0 ? null : { done, total };
}
