import { formatSpan, type Timestamp } from '../instant.ts';
import { isDownload, type RestoreJob, shortId } from '../job/restore-job.ts';

/** A job in the words of a summary. */
export interface JobWords {
  job: RestoreJob;
  /** `Restore 6080…8293 of orders to orders-copy` */
  what: string;
  /** ` after 14 min`; empty where no time has passed since the job began. */
  after: string;
  occurredAt: Timestamp;
}

/** Puts a job into words, as of an instant. */
export function jobWords(job: RestoreJob, occurredAt: Timestamp): JobWords {
  const target = job.targetClusterName === null ? '' : ` to ${job.targetClusterName}`;
  const what = `${isDownload(job) ? 'Download' : 'Restore'} ${shortId(job.id)} of ${job.instanceName}${target}`;
  const after = occurredAt > job.createdAt ? ` after ${formatSpan(occurredAt - job.createdAt)}` : '';
  return { job, what, after, occurredAt };
}
