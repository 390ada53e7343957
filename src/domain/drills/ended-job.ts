import type { AuditEntry } from '../audit.ts';
import { instantIn, objectIn, objectsIn, textIn, textsIn } from '../audit-fields.ts';
import type { Timestamp } from '../instant.ts';

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

/** Reads the restore that has ended by this entry; `null`: the entry tells of none. */
export function endedJobIn({ kind, at, data }: AuditEntry): EndedJob | null {
  if (kind !== 'observation.changed') return null;
  const job = objectIn(data.job);
  const news = textsIn(data.news);
  const found = [...news, ...textsIn(data.silent)];
  const outcome = outcomeOf(found, job.state);
  const createdAt = instantIn(job.createdAt);
  const seenAt = instantIn(at);
  if (outcome === null || createdAt === null || seenAt === null) return null;
  const dated = instantIn(objectsIn(job.milestones).find(({ milestone }) => milestone === outcome)?.at);
  // Ops Manager polls by id and shows names.
  const place = { ...job, ...objectIn(data.place) };
  return {
    jobId: String(data.jobId),
    watch: String(data.watch),
    groupId: String(place.groupId),
    instanceName: String(place.instanceName),
    targetClusterName: textIn(job.targetClusterName),
    outcome,
    createdAt,
    endedAt: dated ?? seenAt,
    isDated: dated !== null,
    snapshotAt: instantIn(job.snapshotAt),
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
