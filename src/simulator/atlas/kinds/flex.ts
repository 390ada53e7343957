import type { SimulatedJob } from '../jobs/simulated-job.ts';
import { bodyOf, toSeconds } from './body.ts';
import type { JobPlace, SimulatedKind } from './kind.ts';

const HOUR_MS = 3_600_000;
const RESTORE_LIFE_MS = 6 * HOUR_MS;
const DOWNLOAD_LIFE_MS = 4 * HOUR_MS;

/** Restores of Flex clusters: a status word tells the state, a date when a download expires. */
export const flex: SimulatedKind = {
  kind: 'flex',
  instances: 'flexClusters',
  jobs: 'backup/restoreJobs',
  apiVersions: ['v2'],
  versionDate: '2024-11-13',
  limit: 'flexRestoreJobs',
  newestFirst: true,
  countable: true,
  errors: {
    instanceNotFound: 'CLUSTER_NOT_FOUND',
    jobNotFound: 'TENANT_RESTORE_NOT_FOUND',
  },
  body,
  parts: null,
};

/** There is no state for a cancelled job (it is shown as failed) and none for an expired one: `expirationDate` tells. No links. */
function body(job: SimulatedJob, { groupId, instanceName }: JobPlace): Record<string, unknown> {
  const isDownload = job.deliveryType === 'download';
  return bodyOf(
    {
      deliveryType: isDownload ? 'DOWNLOAD' : 'RESTORE',
      expirationDate: toSeconds(expiresAt(job, isDownload)),
      id: job.id,
      instanceName,
      projectId: groupId,
      restoreFinishedDate: toSeconds(job.finishedAt ?? job.readyAt),
      restoreScheduledDate: toSeconds(job.createdAt),
      snapshotFinishedDate: toSeconds(job.snapshotAt),
      snapshotId: job.snapshotId,
      snapshotUrl: job.deliveryUrl[0] ?? null,
      status: statusOf(job),
      targetDeploymentItemName: isDownload ? null : job.targetClusterName,
      targetProjectId: isDownload ? null : job.targetGroupId,
    },
    job,
  );
}

/** Restores have one too, which means nothing. */
function expiresAt({ createdAt, expiresAt }: SimulatedJob, isDownload: boolean): number {
  return isDownload ? (expiresAt ?? createdAt + DOWNLOAD_LIFE_MS) : createdAt + RESTORE_LIFE_MS;
}

function statusOf(job: SimulatedJob): string {
  if (job.failed || job.cancelled) return 'FAILED';
  if (job.finishedAt !== null || job.readyAt !== null) return 'COMPLETED';
  return { waiting: 'PENDING', queued: 'QUEUED', running: 'RUNNING', finalizing: 'RUNNING' }[job.phase];
}
