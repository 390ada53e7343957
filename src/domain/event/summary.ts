import type { Timestamp } from '../instant.ts';
import type { RestoreJob } from '../job/restore-job.ts';
import { type EventName, kindOf } from './event.ts';
import { jobWords } from './job-words.ts';

/** What an event is about, as far as its summary needs it. */
export interface SummaryFacts {
  name: EventName;
  job: RestoreJob;
  occurredAt: Timestamp;
}

/** The one line that tells a job's event: `Restore 6080…8293 of orders to orders-copy failed after 14 min`. */
export function summarizeJobEvent({ name, job, occurredAt }: SummaryFacts): string {
  const kind = kindOf(name);
  const isAtMost = job.reached.some(({ milestone, at }) => milestone === name && at === null);
  const words = jobWords(job, occurredAt, { isAtMost });
  return kind.about === 'job' ? kind.summary(words) : `${words.what}: ${name}`;
}
