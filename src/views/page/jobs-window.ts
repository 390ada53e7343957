import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AuditKind, parseAuditEntry } from '../../domain/audit.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { JobReader } from '../../store/ports/jobs.ts';
import type { RecordReader } from '../../store/ports/records.ts';

/** More jobs than this are not read for one timeline. */
const MOST_JOBS = 5_000;
/** So many are read at once, and so many entries; they hold up the event loop for a few milliseconds. */
const PORTION = 100;
/** When the audit log has grown by more entries than this since the last look, all jobs are read again: that takes no longer. */
const MOST_ENTRIES = 2_000;
/** All jobs are read no sooner than so many milliseconds after the last time: a first look at thousands of jobs writes all the while. */
const WHOLE_APART_MS = 5_000;
/** After so many milliseconds all jobs are read again: what changes without an entry of its own (a job that is pruned) shows then. */
const WHOLE_KEPT_MS = 60_000;
/** Every job that is recorded, anew or for the first time, has an entry of this kind, also where no event tells of it. */
const CHANGED: AuditKind = 'observation.changed';

/** What a window reads from. */
export type WindowStore = Pick<RecordReader, 'listObservations'> &
  Pick<JobReader, 'readObservations'> &
  Pick<AuditReader, 'readAuditLines'>;

/** The jobs that were created within a time, kept in memory and brought up to date by what the audit log says of them since. */
export interface JobsWindow {
  /** @param at the number of the last entry of the audit log, and the time by the clock that cannot step. @throws {StoreError} */
  read(since: Timestamp, at: { entries: number; monotonic: number }): Promise<WindowJobs>;
}

/** What a window holds. */
export interface WindowJobs {
  /** As long as none of them has changed, the list is the same one. */
  jobs: readonly Observation[];
  /** False: there are more than `MOST_JOBS`; the newest were read. */
  isWhole: boolean;
}

/** Keeps the jobs of one watch, or (`null`) of all. */
export function createJobsWindow(store: WindowStore, watch: string | null): JobsWindow {
  let known = new Map<string, Observation>();
  let wholeAt: number | null = null;
  /** Up to this entry of the audit log the known jobs are up to date. */
  let followedTo = 0;
  let isWhole = true;
  let jobs: readonly Observation[] = [];

  const readAll = async (since: Timestamp): Promise<void> => {
    const found = new Map<string, Observation>();
    let hasMore = true;
    for (let cursor: string | undefined; hasMore && found.size < MOST_JOBS; await nextTurn()) {
      const page = await store.listObservations({ watch: watch ?? undefined, limit: PORTION, cursor });
      const fits = page.items.filter(({ job }) => job !== null && job.createdAt >= since);
      for (const seen of fits) found.set(keyOf(seen), seen);
      const oldest = page.items.at(-1)?.job?.createdAt ?? since;
      hasMore = page.nextCursor !== null && oldest >= since;
      cursor = page.nextCursor ?? undefined;
    }
    known = found;
    isWhole = !hasMore;
  };

  /** Reads the jobs again that have changed by the entries up to this one. @returns whether there are any. */
  const readChanged = async (entries: number): Promise<boolean> => {
    const changed: JobName[] = [];
    for (let seq = followedTo; seq < entries; await nextTurn()) {
      const lines = await store.readAuditLines(seq, Math.min(PORTION, entries - seq));
      changed.push(...lines.flatMap(({ body }) => changedJob(body) ?? []));
      seq = lines.at(-1)?.seq ?? entries;
    }
    const own = changed.filter((job) => watch === null || job.watch === watch);
    for (const [name, jobs] of Map.groupBy(own, (job) => job.watch)) {
      const ids = [...new Set(jobs.map(({ jobId }) => jobId))];
      for (const seen of (await store.readObservations(name, ids)).values()) known.set(keyOf(seen), seen);
    }
    return own.length > 0;
  };

  return {
    read: async (since, { entries, monotonic }) => {
      const age = wholeAt === null ? Number.POSITIVE_INFINITY : monotonic - wholeAt;
      const grownBy = entries - followedTo;
      // A store that was put back to an earlier state has fewer entries than before.
      const canFollow = age < WHOLE_KEPT_MS && grownBy >= 0 && grownBy <= MOST_ENTRIES;
      if (!canFollow && age < WHOLE_APART_MS) return { jobs, isWhole };
      const hasChanged = canFollow ? await readChanged(entries) : true;
      if (!canFollow) {
        await readAll(since);
        wholeAt = monotonic;
      }
      // What was recorded meanwhile has a later entry, and is read again with that.
      followedTo = entries;
      if (hasChanged) jobs = [...known.values()];
      return { jobs, isWhole };
    },
  };
}

/** A job as one watch sees it. */
type JobName = Pick<Observation, 'watch' | 'jobId'>;

/** The job that an entry of the audit log says has changed; `null`: the entry is about something else. */
function changedJob(line: string): JobName | null {
  const entry = parseAuditEntry(line);
  if (entry?.kind !== CHANGED) return null;
  const { watch, jobId } = entry.data;
  return typeof watch === 'string' && typeof jobId === 'string' ? { watch, jobId } : null;
}

/** Names a job as one watch sees it. */
export function keyOf({ watch, jobId }: JobName): string {
  return `${watch}/${jobId}`;
}
