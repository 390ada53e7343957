import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Timestamp } from '../../../domain/instant.ts';
import type { Observation } from '../../../domain/job/observation.ts';
import type { JobReader } from '../../../store/ports/jobs.ts';
import type { RecordReader } from '../../../store/ports/records.ts';
import type { JobName, News } from './log-news.ts';

/** More jobs than this are not read for one timeline. */
const MOST_JOBS = 5_000;
/** So many are read at once; they hold up the event loop for a few milliseconds. */
const PORTION = 100;
/** All jobs are read no sooner than so many milliseconds after the last time: a first look at thousands of jobs writes all the while. */
const WHOLE_APART_MS = 5_000;
/** After so many milliseconds all jobs are read again: what changes without an entry of its own (a job that is pruned, long after it ended) shows then. */
const WHOLE_KEPT_MS = 300_000;

/** What a window reads from. */
export type WindowStore = Pick<RecordReader, 'listObservations'> & Pick<JobReader, 'readObservations'>;

/** The jobs that were created within a time, kept in memory and brought up to date by what the audit log says of them since. */
export interface JobsWindow {
  /**
   * @param at what the audit log says since the last time (see `LogNews`), and the time by the clock that cannot step.
   * @throws {StoreError}
   */
  read(since: Timestamp, at: { news: News | null; monotonic: number }): Promise<WindowJobs>;
  /** Takes in jobs that were read elsewhere, later than those that are known here. Also such that began before the time. */
  take(seen: readonly Observation[]): WindowJobs;
  /** Something has changed that was not read, since all jobs were read a moment ago: there is something to read although nothing else happens. */
  readonly isBehind: boolean;
}

/** What a window holds. */
export interface WindowJobs {
  /** What has not changed is the same object as before, also when it was read again. As long as nothing has, the list is the same one. */
  jobs: readonly Observation[];
  /** False: there are more than `MOST_JOBS`; the newest were read. */
  isWhole: boolean;
}

/** Keeps the jobs of one watch, or (`null`) of all. */
export function createJobsWindow(store: WindowStore, watch: string | null): JobsWindow {
  let known = new Map<string, Observation>();
  let wholeAt: number | null = null;
  /** The known jobs are up to date, with the news that there were. */
  let isFollowed = false;
  let isWhole = true;
  let jobs: readonly Observation[] = [];

  /** As known, where that is as it was: nothing that a timeline shows of a job changes without its `changedAt`. */
  const asKnown = (seen: Observation): Observation => {
    const before = known.get(keyOf(seen));
    return before?.changedAt === seen.changedAt ? before : seen;
  };
  const readAll = async (since: Timestamp): Promise<void> => {
    const found = new Map<string, Observation>();
    let hasMore = true;
    for (let cursor: string | undefined; hasMore && found.size < MOST_JOBS; await nextTurn()) {
      const page = await store.listObservations({ watch: watch ?? undefined, limit: PORTION, cursor });
      const fits = page.items.filter(({ job }) => job !== null && job.createdAt >= since);
      for (const seen of fits) found.set(keyOf(seen), asKnown(seen));
      const oldest = page.items.at(-1)?.job?.createdAt ?? since;
      hasMore = page.nextCursor !== null && oldest >= since;
      cursor = page.nextCursor ?? undefined;
    }
    known = found;
    isWhole = !hasMore;
  };

  /** Reads the jobs again that have changed. @returns whether there are any. */
  const readChanged = async ({ changed }: News): Promise<boolean> => {
    const own = changed.filter((job) => watch === null || job.watch === watch);
    for (const [name, jobs] of Map.groupBy(own, (job) => job.watch)) {
      const ids = [...new Set(jobs.map(({ jobId }) => jobId))];
      for (const seen of (await store.readObservations(name, ids)).values()) known.set(keyOf(seen), seen);
    }
    return own.length > 0;
  };

  return {
    read: async (since, { news, monotonic }) => {
      if (news === null) isFollowed = false;
      const age = wholeAt === null ? Number.POSITIVE_INFINITY : monotonic - wholeAt;
      if (news !== null && isFollowed && age < WHOLE_KEPT_MS) {
        if (await readChanged(news)) jobs = [...known.values()];
      } else if (age >= WHOLE_APART_MS) {
        await readAll(since);
        wholeAt = monotonic;
        isFollowed = true;
        const isSame = known.size === jobs.length && jobs.every((seen) => known.get(keyOf(seen)) === seen);
        if (!isSame) jobs = [...known.values()];
      }
      return { jobs, isWhole };
    },
    take: (seen) => {
      const changed = seen
        .filter((one) => watch === null || one.watch === watch)
        .filter((one) => asKnown(one) === one);
      for (const one of changed) known.set(keyOf(one), one);
      if (changed.length > 0) jobs = [...known.values()];
      return { jobs, isWhole };
    },
    get isBehind() {
      return !isFollowed;
    },
  };
}

/** Names a job as one watch sees it. */
export function keyOf({ watch, jobId }: JobName): string {
  return `${watch}/${jobId}`;
}
