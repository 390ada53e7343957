import { type Timestamp, toIso } from '../../domain/instant.ts';
import type { SimulatedJob } from '../simulated-job.ts';
import type { BodyContext, SimulatedKind } from './kind.ts';

export const serverless: SimulatedKind = {
  kind: 'serverless',
  instances: 'serverless',
  jobs: 'backup/restoreJobs',
  apiVersions: ['v1.0', 'v2'],
  versionDate: '2023-01-01',
  errors: {
    instanceNotFound: 'SERVERLESS_INSTANCE_NOT_FOUND',
    jobNotFound: 'RESTORE_JOB_NOT_FOUND',
    otherKind: 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API',
  },
  body,
};

/** Fields without a value are left out, never null. Only v1.0 has `createdAt`; a download has no target. */
function body(job: SimulatedJob, { apiVersion, listUrl }: BodyContext): Record<string, unknown> {
  const isDownload = job.deliveryType === 'download';
  const fields: Record<string, unknown> = {
    cancelled: job.cancelled,
    createdAt: apiVersion === 'v1.0' ? toSeconds(job.createdAt) : null,
    deliveryType: job.deliveryType,
    deliveryUrl: job.deliveryUrl,
    expired: job.expired,
    expiresAt: toSeconds(job.expiresAt),
    failed: job.failed,
    finishedAt: toSeconds(job.finishedAt),
    id: job.id,
    links: [{ href: `${listUrl}/${job.id}`, rel: 'self' }],
    pointInTimeUTCSeconds: job.pointInTimeSeconds,
    snapshotId: job.snapshotId,
    targetClusterName: isDownload ? null : job.targetClusterName,
    targetDeploymentItemName: isDownload ? null : job.targetDeploymentItemName,
    targetGroupId: isDownload ? null : job.targetGroupId,
    timestamp: toSeconds(job.snapshotAt),
  };
  const present = Object.entries(fields).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(present), ...job.oddities };
}

/** Atlas gives dates in UTC, to the second. */
function toSeconds(at: Timestamp | null): string | null {
  return at === null ? null : `${toIso(at).slice(0, 19)}Z`;
}
