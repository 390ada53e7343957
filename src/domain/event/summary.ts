import { formatSpan, type Timestamp } from '../instant.ts';
import { isDownload, type RestoreJob, shortId } from '../job/restore-job.ts';
import type { EventName } from './event.ts';

/** What an event is about, as far as its summary needs it. */
export interface SummaryFacts {
  name: EventName;
  job: RestoreJob;
  occurredAt: Timestamp;
}

/** The one line that tells a job's event: `Restore 6080…8293 of orders to orders-copy failed after 14 min`. */
export function summarizeJobEvent({ name, job, occurredAt }: SummaryFacts): string {
  const what = jobInWords(job);
  const after = occurredAt > job.createdAt ? ` after ${formatSpan(occurredAt - job.createdAt)}` : '';
  switch (name) {
    case 'started':
      return `${what} started`;
    case 'ready':
      return `${what} is ready${after}`;
    case 'finished':
      return `${what} finished${job.warnings ? ' with warnings' : ''}${after}`;
    case 'failed':
      return `${what} failed${after}`;
    case 'cancelled':
      return `${what} was cancelled${after}`;
    case 'expired':
      return `${what} expired`;
    case 'expiring':
      return job.expiresAt === null
        ? `${what} expires soon`
        : `${what} expires in ${formatSpan(job.expiresAt - occurredAt)}`;
    case 'stalled':
      return `${what} is still running${after}`;
    case 'missing':
      return `${what} has gone from Atlas before it ended`;
    default:
      return `${what}: ${name}`;
  }
}

/** `Restore 6080…8293 of orders to orders-copy` */
export function jobInWords(job: RestoreJob): string {
  const target = job.targetClusterName === null ? '' : ` to ${job.targetClusterName}`;
  return `${isDownload(job) ? 'Download' : 'Restore'} ${shortId(job.id)} of ${job.instanceName}${target}`;
}

/** @param forMs since the last one finished; `null`: none ever has. */
export function summarizeOverdue(watch: string, forMs: number | null): string {
  const span = forMs === null ? 'while it was watched' : `for ${formatSpan(forMs)}`;
  return `No restore of watch ${watch} has finished ${span}`;
}
