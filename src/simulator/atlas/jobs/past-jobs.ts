import type { Timestamp } from '../../../domain/instant.ts';
import type { JobKind } from '../../../domain/job/restore-job.ts';
import { clusterJob, collectionJob, flexJob, legacyJob, serverlessJob } from './job-makers.ts';
import { finish } from './job-steps.ts';
import type { SimulatedJob } from './simulated-job.ts';

const HOUR_MS = 3_600_000;

/** Which restores have ended before, and when. */
export interface PastOptions {
  /** Of which kind the jobs are: of the kind that the instance is of unless given. */
  kind?: JobKind;
  /** When the newest of them began: a day ago unless given. */
  until?: Timestamp;
  /** From one to the next: six hours unless given. */
  everyMs?: number;
}

/** So many restores that ended well, four minutes after they began; the oldest first. */
export function pastJobs(
  kind: JobKind,
  place: { instance: string; count: number; now: Timestamp } & PastOptions,
): SimulatedJob[] {
  const { instance, count, now, until = now - 24 * HOUR_MS, everyMs = 6 * HOUR_MS } = place;
  return Array.from({ length: count }, (_, index) =>
    pastJob(kind, instance, until - (count - 1 - index) * everyMs),
  );
}

function pastJob(kind: JobKind, instance: string, createdAt: Timestamp): SimulatedJob {
  const options = { createdAt, instance };
  const end = finish(createdAt + 230_000);
  switch (kind) {
    case 'serverless':
      return end(serverlessJob(options));
    case 'flex':
      return end(flexJob(options));
    case 'cluster':
      return end(clusterJob(options));
    case 'collection':
      return end(collectionJob(options));
    case 'legacy':
      return end(legacyJob({ ...options, deliveryType: 'automated' }));
  }
}
