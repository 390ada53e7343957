import { toIso, toIsoOrNull } from '../instant.ts';
import { publicActor } from './actor.ts';
import type { RestoreJob } from './restore-job.ts';

/**
 * The job as scripts see it, in webhooks, over HTTP and from the command line. Instants are ISO 8601. What Atlas does not give is
 * left out, and `warnings` is there only when it is true. `milestones` hold `null` where Atlas gives no time.
 */
export function publicJob(job: RestoreJob): Record<string, unknown> {
  const { id, kind, groupId, instanceName, state, deliveryType } = job;
  const facts = {
    id,
    kind,
    groupId,
    instanceName,
    state,
    deliveryType,
    snapshotId: job.snapshotId,
    snapshotAt: toIsoOrNull(job.snapshotAt),
    targetGroupId: job.targetGroupId,
    targetClusterName: job.targetClusterName,
    targetGroupName: job.targetGroupName ?? null,
    createdAt: toIso(job.createdAt),
    finishedAt: toIsoOrNull(job.finishedAt),
    expiresAt: toIsoOrNull(job.expiresAt),
    warnings: job.warnings || null,
    errorMessage: job.errorMessage,
    progress: job.progress,
    batchId: job.batchId,
    actor: job.actor ? publicActor(job.actor) : null,
    milestones: job.reached.map(({ milestone, at }) => ({ milestone, at: toIsoOrNull(at) })),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
}
