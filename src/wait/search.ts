import type { Clock } from '../clock.ts';
import type { Timestamp } from '../domain/instant.ts';
import type { RestoreJob } from '../domain/job/restore-job.ts';
import { targetOf, type Watch } from '../domain/job/watch.ts';
import type { JobSource } from '../source/source.ts';
import { type Turnout, wasRunning } from './verdict.ts';

/** Closes the race with a start that was only just issued. */
export interface Expected {
  /** So many jobs are waited for where none is named: those that run, and those that begin. */
  count: number;
  /** They have so long to appear, in milliseconds; a named one may be unknown to Atlas for as long. */
  withinMs: number;
}

/** Where to look for the jobs that are waited for. */
export interface SearchInput {
  source: JobSource;
  watch: Watch;
  /** Named ones are not looked for. */
  jobIds: readonly string[];
  clock: Clock;
  expected?: Expected | undefined;
}

/** Finds out which jobs are waited for. */
export interface Search {
  /** Lists the jobs of the watch, whole; those named are known at once. @throws {SourceError} */
  ids(): Promise<readonly string[]>;
  /** Jobs that were only just started may still come to light. */
  mayAppear(): boolean;
  /** Whether those are there that are expected, when so many are known. */
  turnout(known: number): Turnout;
}

/** Begins a search: what runs from now on is what is waited for, and what begins from now on where jobs are expected. */
export function createSearch(
  { source, watch, jobIds, clock, expected }: SearchInput,
  {
    signal,
    onUnreadable,
  }: { signal: AbortSignal; onUnreadable: (jobId: string | null, problem: string) => void },
): Search {
  const startedAt = clock.now();
  const startedMono = clock.monotonic();
  const mayAppear = (): boolean =>
    expected !== undefined && clock.monotonic() - startedMono < expected.withinMs;

  /** What begins while it is waited for may have ended before Atlas is listed again, and Atlas may not say when. */
  function isWaitedFor(job: RestoreJob): boolean {
    const beganSince = job.createdAt >= wholeSecond(startedAt + source.aheadMs());
    return wasRunning(job, startedAt) || (expected !== undefined && beganSince);
  }

  async function list(): Promise<string[]> {
    const ids: string[] = [];
    for await (const page of source.listJobs(targetOf(watch), { signal, isUrgent: true })) {
      for (const reading of page.readings()) {
        if (reading.kind === 'unreadable') onUnreadable(reading.jobId, reading.problem);
        else if (isWaitedFor(reading.job)) ids.push(reading.job.id);
      }
    }
    return ids;
  }

  return {
    ids: async () => (jobIds.length > 0 ? jobIds : await list()),
    mayAppear,
    turnout: (known) => {
      if (expected === undefined || jobIds.length > 0 || known >= expected.count) return 'all';
      return mayAppear() ? 'coming' : 'short';
    },
  };
}

/** Creation times are as fine as that. */
function wholeSecond(at: Timestamp): Timestamp {
  return at - (at % 1_000);
}
