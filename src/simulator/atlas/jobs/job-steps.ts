import type { Timestamp } from '../../../domain/instant.ts';
import type { SimulatedJob } from './simulated-job.ts';

/** Stands in every download link, where Atlas has the secret. Found anywhere else, a link has leaked. */
export const LINK_CANARY = 'CANARYinTheDownloadLink0';

/** A step in a job's life. A kind shows of it what it has a field for. */
export type JobStep = (job: SimulatedJob) => SimulatedJob;

/** It waits for its turn. */
export function queued(): JobStep {
  return (job) => ({ ...job, phase: 'queued' });
}

/** It is being worked on. */
export function running(): JobStep {
  return (job) => ({ ...job, phase: 'running' });
}

/** So many documents are restored; `total` may change on the way. */
export function progress(done: number, total?: number): JobStep {
  return (job) => ({
    ...job,
    phase: 'running',
    documents: { done, total: total ?? job.documents.total },
  });
}

/** The documents are restored; the indexes are being built. */
export function finalizing(): JobStep {
  return (job) => ({ ...job, phase: 'finalizing', documents: allOf(job) });
}

/** It ended well. With `expiresAt` it may still expire; `failedIndexes` of its collections have no indexes. */
export function finish(
  at: Timestamp,
  expiresAt: Timestamp | null = null,
  { failedIndexes = 0 } = {},
): JobStep {
  return (job) => ({ ...job, finishedAt: at, expiresAt, failedIndexes, documents: allOf(job) });
}

/** It failed. `alsoCancelled` sets both flags, as was seen on a real job that nobody had cancelled. */
export function fail(
  at: Timestamp,
  {
    alsoCancelled = false,
    message = 'Disk usage reached the limit; the restore was rolled back.',
  }: { alsoCancelled?: boolean; message?: string } = {},
): JobStep {
  return (job) => ({
    ...withoutLinks(job),
    failed: true,
    cancelled: alsoCancelled,
    finishedAt: at,
    errorMessage: message,
  });
}

/** Somebody stopped it. */
export function cancel(at: Timestamp): JobStep {
  return (job) => ({
    ...withoutLinks(job),
    cancelled: true,
    finishedAt: at,
    errorMessage: 'Canceled by user.',
  });
}

/**
 * The download can be fetched until `expiresAt`. There is no `finishedAt`. `at` is when the link was made: now unless
 * given.
 */
export function ready(expiresAt: Timestamp, at: Timestamp = Date.now()): JobStep {
  return (job) => ({
    ...job,
    readyAt: at,
    expiresAt,
    deliveryUrl: [linkTo(job, `restore-${job.snapshotId}.tar.gz`)],
    components: job.components.map((component) => ({ ...component, downloadUrl: linkOf(job, component) })),
  });
}

/** The parts of a sharded download for the first `count` replica sets can be fetched; the whole is not ready. */
export function readyInPart(count: number): JobStep {
  return (job) => ({
    ...job,
    components: job.components.map((component, index) =>
      index < count ? { ...component, downloadUrl: linkOf(job, component) } : component,
    ),
  });
}

/** The link, or the job, ran out. A finished job stays finished. */
export function expire(at: Timestamp): JobStep {
  return (job) => ({ ...withoutLinks(job), expired: true, expiresAt: job.expiresAt ?? at });
}

/** The download was fetched as often as it may be. */
export function usedUp(): JobStep {
  return (job) => ({ ...withoutLinks(job), usedUp: true, expiresAt: null });
}

function allOf({ documents: { total } }: SimulatedJob): SimulatedJob['documents'] {
  return { done: total, total };
}

function withoutLinks(job: SimulatedJob): SimulatedJob {
  return {
    ...job,
    deliveryUrl: [],
    components: job.components.map((component) => ({ ...component, downloadUrl: null })),
  };
}

function linkOf(job: SimulatedJob, { replicaSetName }: { replicaSetName: string }): string {
  return linkTo(job, `restore-${job.snapshotId}-${replicaSetName}.tar.gz`);
}

/** Each kind has links of its own, and each its own place for the secret. */
function linkTo({ id, kind }: SimulatedJob, file: string): string {
  switch (kind) {
    case 'flex':
      return `https://example-bucket.s3.amazonaws.com/${file}?X-Amz-Signature=${LINK_CANARY}`;
    case 'legacy':
      return `https://api-backup.mongodb.com/backup/restore/v2/pull/${id}/${LINK_CANARY}=/${file}`;
    default:
      return `https://restore-${id}.abc12.mongodb.net:27017/${LINK_CANARY}/${file}`;
  }
}
