import { setImmediate as nextTurn } from 'node:timers/promises';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { JobReader } from '../../store/ports/jobs.ts';
import type { RecordReader } from '../../store/ports/records.ts';

/** More jobs than this are not read for one timeline. */
const MOST_JOBS = 5_000;
/** So many are read at once; they hold up the event loop for a few milliseconds. */
const PORTION = 100;
/** After so many milliseconds all of it is read again: what changed without an event (a baseline) shows then at the latest. */
const WHOLE_KEPT_MS = 60_000;
/** When more events than this were recorded since the last look, all of it is read again. */
const MOST_EVENTS = 200;
/** What replicas record is dated by their clocks, which may differ by so many milliseconds. */
const OVERLAP_MS = 10_000;

/** What a window reads from. */
export type WindowStore = Pick<RecordReader, 'listObservations' | 'listEvents'> &
  Pick<JobReader, 'readObservations'>;

/** The jobs that were created within a time, kept in memory and brought up to date by what has happened since. */
export interface JobsWindow {
  /** @param at by the wall clock and by the clock that cannot step. @throws {StoreError} */
  read(since: Timestamp, at: { now: Timestamp; monotonic: number }): Promise<WindowJobs>;
}

/** What a window holds. */
export interface WindowJobs {
  jobs: readonly Observation[];
  /** False: there are more than `MOST_JOBS`; the newest were read. */
  isWhole: boolean;
}

/** Keeps the jobs of one watch, or (`null`) of all. */
export function createJobsWindow(store: WindowStore, watch: string | null): JobsWindow {
  let known = new Map<string, Observation>();
  let readAt: { now: Timestamp; monotonic: number } | null = null;
  let isWhole = true;
  let jobs: readonly Observation[] = [];

  const readAll = async (since: Timestamp): Promise<void> => {
    known = new Map();
    isWhole = true;
    for (let cursor: string | undefined; ; await nextTurn()) {
      const page = await store.listObservations({ watch: watch ?? undefined, limit: PORTION, cursor });
      const fits = page.items.filter(({ job }) => job !== null && job.createdAt >= since);
      for (const seen of fits) known.set(keyOf(seen), seen);
      const oldest = page.items.at(-1)?.job?.createdAt ?? since;
      if (page.nextCursor === null || oldest < since) return;
      isWhole = known.size < MOST_JOBS;
      if (!isWhole) return;
      cursor = page.nextCursor;
    }
  };

  /** @returns `too_many` when too much has happened to follow it one by one. */
  const readNews = async (after: Timestamp): Promise<'none' | 'some' | 'too_many'> => {
    const { items } = await store.listEvents({
      ...{ watch: watch ?? undefined, since: after, onlyHappened: true, limit: MOST_EVENTS },
    });
    if (items.length >= MOST_EVENTS) return 'too_many';
    const about = items.flatMap(({ event }) => {
      const [job, name] = [jobOf(event), watchOf(event)];
      return job === null || name === null ? [] : [{ name, id: job.id }];
    });
    for (const [name, jobs] of Map.groupBy(about, (one) => one.name)) {
      const ids = [...new Set(jobs.map(({ id }) => id))];
      for (const seen of (await store.readObservations(name, ids)).values()) known.set(keyOf(seen), seen);
    }
    return about.length > 0 ? 'some' : 'none';
  };

  return {
    read: async (since, at) => {
      const isRecent = readAt !== null && at.monotonic - readAt.monotonic < WHOLE_KEPT_MS;
      const news = isRecent && readAt !== null ? await readNews(readAt.now - OVERLAP_MS) : 'too_many';
      if (news === 'too_many') {
        await readAll(since);
        readAt = at;
      }
      if (news !== 'none') jobs = [...known.values()];
      return { jobs, isWhole };
    },
  };
}

/** Names a job as one watch sees it. */
export function keyOf({ watch, jobId }: Pick<Observation, 'watch' | 'jobId'>): string {
  return `${watch}/${jobId}`;
}
