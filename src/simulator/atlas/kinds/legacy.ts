import { createHash } from 'node:crypto';
import { LINK_CANARY } from '../jobs/job-steps.ts';
import type { SimulatedJob } from '../jobs/simulated-job.ts';
import { bodyOf, toSeconds, withoutNulls } from './body.ts';
import type { JobPlace, SimulatedKind } from './kind.ts';

/** Legacy backups of Atlas, and all backups of Ops Manager and Cloud Manager, which ask for a cluster by its id. */
export const legacy: SimulatedKind = {
  kind: 'legacy',
  instances: 'clusters',
  jobs: 'restoreJobs',
  apiVersions: ['v1.0', 'v2', 'public'],
  versionDate: '2023-01-01',
  limit: 'cloudBackups',
  newestFirst: false,
  countable: true,
  errors: {
    instanceNotFound: 'CLUSTER_NOT_FOUND',
    jobNotFound: 'RESTORE_JOB_NOT_FOUND',
  },
  body,
  parts: null,
};

function body(job: SimulatedJob, place: JobPlace): Record<string, unknown> {
  return bodyOf(
    {
      batchId: job.batchId,
      clusterId: place.instanceId,
      clusterName: place.instanceName,
      created: toSeconds(job.createdAt),
      delivery: delivery(job, place),
      encryptionEnabled: false,
      groupId: place.groupId,
      hashes: hashes(job, place),
      id: job.id,
      links: [{ href: `${place.listUrl}/${job.id}`, rel: 'self' }],
      snapshotId: job.snapshotId,
      statusName: statusOf(job),
      timestamp:
        job.pointInTimeSeconds === null
          ? null
          : { date: toSeconds(job.pointInTimeSeconds * 1_000), increment: 1 },
    },
    job,
  );
}

/** There is no date for the end of a job. */
function statusOf(job: SimulatedJob): string {
  if (job.failed) return 'BROKEN';
  if (job.cancelled) return 'KILLED';
  return hasEnded(job) ? 'FINISHED' : 'IN_PROGRESS';
}

function hasEnded(job: SimulatedJob): boolean {
  return job.finishedAt !== null || job.readyAt !== null || job.expired || job.usedUp;
}

function delivery(job: SimulatedJob, place: JobPlace): Record<string, unknown> {
  const statusName = deliveryStatus(job);
  if (job.deliveryType !== 'download') {
    return {
      methodName: 'AUTOMATED_RESTORE',
      statusName,
      targetClusterName: job.targetClusterName,
      targetGroupId: job.targetGroupId,
    };
  }
  return withoutNulls({
    expirationHours: 48,
    expires: job.readyAt === null ? null : toSeconds(job.expiresAt),
    maxDownloads: 1,
    methodName: 'HTTP',
    statusName,
    ...links(job, place),
  });
}

function deliveryStatus(job: SimulatedJob): string {
  if (job.failed) return 'FAILED';
  if (job.cancelled) return 'INTERRUPTED';
  if (job.usedUp) return 'MAX_DOWNLOADS_EXCEEDED';
  if (job.expired) return 'EXPIRED';
  if (hasEnded(job)) return 'READY';
  return { waiting: 'NOT_STARTED', queued: 'PENDING', running: 'IN_PROGRESS', finalizing: 'IN_PROGRESS' }[
    job.phase
  ];
}

/** The secret stands in the link, or beside it as the value of a header. */
function links({ deliveryUrl, secretInHeader }: SimulatedJob, place: JobPlace): Record<string, unknown> {
  const [link] = deliveryUrl;
  if (link === undefined) return {};
  if (!secretInHeader) return { url: link };
  return {
    authHeader: 'X-Restore-Key',
    authValue: LINK_CANARY,
    urlV2: `https://api-backup.mongodb.com/backup/restore/v3/pull/${fileOf(place)}`,
  };
}

function hashes({ deliveryUrl }: SimulatedJob, place: JobPlace): unknown[] | null {
  if (deliveryUrl.length === 0) return null;
  const fileName = fileOf(place);
  return [{ fileName, hash: createHash('sha1').update(fileName).digest('hex'), typeName: 'SHA1' }];
}

function fileOf({ instanceName }: JobPlace): string {
  return `${instanceName}.tar.gz`;
}
