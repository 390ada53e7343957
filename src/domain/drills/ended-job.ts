import type { AuditEntry } from '../audit.ts';
import { parseInstant, type Timestamp } from '../instant.ts';

/** A restore that has ended, as an entry of the audit log tells it. */
export interface EndedJob {
  jobId: string;
  watch: string;
  /** Where the watch polls. */
  groupId: string;
  instanceName: string;
  targetClusterName: string | null;
  outcome: 'finished' | 'failed';
  createdAt: Timestamp;
  endedAt: Timestamp;
  /** False: Atlas does not say when it ended; it was found at `endedAt`. */
  isDated: boolean;
  snapshotAt: Timestamp | null;
  /** The entry is the one by which it ended. False: it ended by then; a version that did not say when may tell of it again and again. */
  isNewEnd: boolean;
  /** It ended before the watch began to look, or was told by a version that did not say so: nobody is told anything of it. */
  isSilent: boolean;
}

type Data = Readonly<Record<string, unknown>>;

/** Reads the restore that has ended by this entry; `null`: the entry tells of none. */
export function endedJobIn({ kind, at, data }: AuditEntry): EndedJob | null {
  if (kind !== 'observation.changed' || !isRecord(data.job)) return null;
  const { job } = data;
  const news = names(data.news);
  const silent = names(data.silent);
  const found = [...news, ...silent];
  const outcome = outcomeOf(found, job.state);
  const createdAt = instant(job.createdAt);
  const seenAt = instant(at);
  if (outcome === null || createdAt === null || seenAt === null) return null;
  const reached = Array.isArray(job.milestones) ? job.milestones.filter(isRecord) : [];
  const dated = instant(reached.find(({ milestone }) => milestone === outcome)?.at);
  const place = isRecord(data.place) ? data.place : job;
  return {
    jobId: String(data.jobId),
    watch: String(data.watch),
    groupId: String(place.groupId),
    instanceName: String(place.instanceName),
    targetClusterName: typeof job.targetClusterName === 'string' ? job.targetClusterName : null,
    outcome,
    createdAt,
    endedAt: dated ?? seenAt,
    isDated: dated !== null,
    snapshotAt: instant(job.snapshotAt),
    isNewEnd: found.length > 0,
    isSilent: !news.includes(outcome),
  };
}

/** What changes of a job that has finished is told without news; versions before `news` told of the finish itself so. */
function outcomeOf(found: readonly string[], state: unknown): EndedJob['outcome'] | null {
  if (found.includes('finished')) return 'finished';
  if (found.includes('failed')) return 'failed';
  return found.length === 0 && state === 'finished' ? 'finished' : null;
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function instant(value: unknown): Timestamp | null {
  return typeof value === 'string' ? parseInstant(value) : null;
}

function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null;
}
