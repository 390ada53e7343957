import { formatBound, formatSpan, type Timestamp } from '../instant.ts';
import { isDownload, otherProjectOf, type RestoreJob, shortId } from '../job/restore-job.ts';

/** A job in the words of a summary. */
export interface JobWords {
  job: RestoreJob;
  /** `Restore 6080…8293 of orders to orders-copy`, `Restore 6080…8293 of Cluster0 to Cluster0 in project stage` */
  what: string;
  /** ` after 14 min`, or ` after at most 14 min`; empty where no time has passed since the job began. */
  after: string;
  occurredAt: Timestamp;
}

/** Puts a job into words, as of an instant. `isAtMost`: what happened did so at this instant or before. */
export function jobWords(job: RestoreJob, occurredAt: Timestamp, { isAtMost = false } = {}): JobWords {
  const what = `${isDownload(job) ? 'Download' : 'Restore'} ${shortId(job.id)} of ${job.instanceName}${intoWords(job)}`;
  const ms = occurredAt - job.createdAt;
  const after = ms > 0 ? ` after ${isAtMost ? atMost(ms) : formatSpan(ms)}` : '';
  return { job, what, after, occurredAt };
}

/** `at most 14 min` */
export function atMost(ms: number): string {
  return `at most ${formatBound(ms)}`;
}

/** ` to orders-copy`, and the project where it is another one; empty where the target is not known. */
export function intoWords(
  job: Pick<RestoreJob, 'groupId' | 'targetGroupId' | 'targetGroupName' | 'targetClusterName'>,
): string {
  const project = otherProjectOf(job);
  const cluster = job.targetClusterName === null ? '' : ` to ${job.targetClusterName}`;
  if (project === null) return cluster;
  return `${cluster || ' to a cluster'} in project ${project}`;
}
