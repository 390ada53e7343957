import type { SimulatedJob } from '../jobs/simulated-job.ts';
import { toSeconds } from './body.ts';
import type { JobPlace } from './kind.ts';

/** What serverless jobs and those of dedicated clusters have in common. Only v1.0 has `createdAt`; a download has no target. */
export function flagFields(job: SimulatedJob, { apiVersion }: JobPlace): Record<string, unknown> {
  const isDownload = job.deliveryType === 'download';
  return {
    cancelled: job.cancelled,
    createdAt: apiVersion === 'v1.0' ? toSeconds(job.createdAt) : null,
    deliveryType: job.deliveryType,
    deliveryUrl: job.deliveryUrl,
    expired: job.expired,
    expiresAt: toSeconds(job.expiresAt),
    failed: job.failed,
    finishedAt: toSeconds(job.finishedAt),
    id: job.id,
    pointInTimeUTCSeconds: job.byOplog ? null : job.pointInTimeSeconds,
    snapshotId: job.snapshotId,
    targetClusterName: isDownload ? null : job.targetClusterName,
    targetDeploymentItemName: isDownload ? null : job.targetDeploymentItemName,
    targetGroupId: isDownload ? null : job.targetGroupId,
    timestamp: toSeconds(job.snapshotAt),
  };
}
