import pLimit from 'p-limit';
import type { Clock } from '../clock.ts';
import type { Timestamp } from '../domain/instant.ts';
import type { Noticed } from '../domain/job/observation.ts';
import type { RestoreJob } from '../domain/job/restore-job.ts';
import { noticedBy } from '../domain/job/took.ts';
import { targetOf, type Watch } from '../domain/job/watch.ts';
import { SourceError, type SourceReason, toError } from '../errors.ts';
import type { JobAnswer, JobSource } from '../source/source.ts';
import { createSearch, type Expected } from './search.ts';
import { endOf, isNews, mayPass, type Turnout, type Verdict, verdictOf, type WaitedJob } from './verdict.ts';

/** What there is to tell while waiting. */
export type WaitChange = {
  at: Timestamp;
} /** It is known which jobs are waited for; they are read next. */ & (
  | { kind: 'waiting'; jobs: readonly WaitedJob[] }
  /** A job was read for the first time (`before` is `null`), or is not as it was: its state, its progress, or it has gone. */
  | { kind: 'job'; waited: WaitedJob; before: RestoreJob | null }
  /** Atlas cannot be read at the moment: told once, until `recovered`. */
  | { kind: 'fault'; reason: SourceReason; message: string; hint: string | null }
  | { kind: 'recovered'; afterMs: number }
  /** What Atlas says of a job cannot be read: told once for each job and problem. `jobId`: `null` when not even the id can be. */
  | { kind: 'unreadable'; jobId: string | null; problem: string }
);

/** Which jobs are waited for, and for how long. */
export interface WaitInput {
  source: JobSource;
  /** Names its project and its instance. */
  watch: Watch;
  /** Which to wait for. Empty: those that are running when it starts. */
  jobIds: readonly string[];
  clock: Clock;
  pollEveryMs: number;
  /** `null`: without end. */
  timeoutMs: number | null;
  /** Jobs that may only be about to begin; absent: what is there is what is waited for. */
  expected?: Expected | undefined;
  signal: AbortSignal;
  onChange: (change: WaitChange) => void;
}

/** What waiting came to. */
export interface WaitReport {
  verdict: Verdict;
  jobs: WaitedJob[];
}

/**
 * Follows jobs until each has ended, the time is up or the signal aborts. Asks Atlas itself, tells nobody else and writes nothing, so
 * that it may run beside a daemon. Faults that may pass do not end it.
 * @throws {SourceError} for a fault that waiting does not mend: a wrong key, no such instance.
 */
export async function waitForJobs(input: WaitInput): Promise<WaitReport> {
  const { clock, pollEveryMs, timeoutMs, signal } = input;
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  if (timeoutMs !== null) {
    // Rejects when the waiting is over before, and nobody cares.
    clock.sleep(timeoutMs, either).then(
      () => over.abort(),
      () => undefined,
    );
  }
  const waiting = createWaiting(input, either);
  try {
    await waiting.poll();
    while (!waiting.isOver() && !either.aborted) {
      await clock.sleep(pollEveryMs, either);
      await waiting.poll();
    }
  } catch (thrown) {
    // What an abort cuts off may fail in any way.
    if (!either.aborted) throw thrown;
  } finally {
    over.abort();
  }
  const jobs = waiting.jobs();
  const isCutShort = signal.aborted && !waiting.isOver();
  return { verdict: isCutShort ? 'interrupted' : verdictOf(jobs, waiting.turnout()), jobs: jobs ?? [] };
}

/** What is known of the jobs, and the one step that learns more. */
interface Waiting {
  /** @throws {SourceError} see `waitForJobs`. */
  poll(): Promise<void>;
  isOver(): boolean;
  turnout(): Turnout;
  /** `null` until it is known which. */
  jobs(): WaitedJob[] | null;
}

/** Jobs asked for at once; the request budget is the real limit. */
const JOBS_AT_ONCE = 4;

/** So often in a row Atlas has to say that there is no such job: it is eventually consistent. */
const NOT_FOUND_TWICE = 2;

function createWaiting(input: WaitInput, signal: AbortSignal): Waiting {
  const { source, watch, clock, onChange } = input;
  const target = targetOf(watch);
  const options = { signal, isUrgent: true };
  const limit = pLimit(JOBS_AT_ONCE);
  const search = createSearch(input, { signal, onUnreadable: tellProblem });
  const notFound = new Map<string, number>();
  const problems = new Set<string>();
  let jobs: Map<string, WaitedJob> | null = null;
  let blindSince: number | null = null;
  const turnout = (): Turnout => search.turnout(jobs?.size ?? 0);

  /** Looks which jobs there are, once, or again as long as some are expected. */
  async function look(): Promise<void> {
    if (jobs !== null && turnout() !== 'coming') return;
    const known = jobs;
    const ids = await search.ids();
    if (known !== null && ids.every((id) => known.has(id))) return;
    const found = ids.map((jobId): [string, WaitedJob] => [jobId, { jobId, job: null, end: null }]);
    jobs = new Map([...found, ...(known ?? [])]);
    onChange({ at: clock.now(), kind: 'waiting', jobs: [...jobs.values()] });
  }

  function tellProblem(jobId: string | null, problem: string): void {
    const key = `${jobId} ${problem}`;
    if (problems.has(key)) return;
    problems.add(key);
    onChange({ at: clock.now(), kind: 'unreadable', jobId, problem });
  }

  /** What an answer makes of a job; `null`: nothing new. */
  function next({ jobId, job: before, noticed }: WaitedJob, answer: JobAnswer): WaitedJob | null {
    const timesNotFound = answer.kind === 'not_found' ? (notFound.get(jobId) ?? 0) + 1 : 0;
    notFound.set(jobId, timesNotFound);
    switch (answer.kind) {
      case 'unreadable':
        tellProblem(jobId, answer.problem);
        return null;
      case 'not_found':
        return timesNotFound < NOT_FOUND_TWICE || search.mayAppear()
          ? null
          : { jobId, job: before, end: 'missing' };
      case 'job':
        return isNews(before, answer.job) ? seenAt(clock.now(), jobId, answer.job, noticed) : null;
      case 'known':
        return null;
    }
  }

  /** Reads each job that is waited for still. One that cannot be read does not keep the others from it. */
  async function readOpen(known: Map<string, WaitedJob>): Promise<SourceError | null> {
    const read = async (last: WaitedJob): Promise<void> => {
      const waited = next(last, await source.readJob(target, last.jobId, options));
      if (waited === null) return;
      known.set(last.jobId, waited);
      onChange({ at: clock.now(), kind: 'job', waited, before: last.job });
    };
    const open = [...known.values()].filter(({ end }) => end === null);
    const faults = await Promise.all(open.map((last) => limit(() => passingFault(() => read(last)))));
    return faults.find((fault) => fault !== null) ?? null;
  }

  /** Does the work. A fault that may pass is its result, any other is thrown. */
  async function passingFault(work: () => Promise<void>): Promise<SourceError | null> {
    try {
      await work();
      return null;
    } catch (thrown) {
      if (!signal.aborted && thrown instanceof SourceError && mayPass(thrown)) return thrown;
      throw toError(thrown);
    }
  }

  function tellSight(fault: SourceError | null): void {
    const at = clock.now();
    if (fault !== null && blindSince === null) {
      blindSince = clock.monotonic();
      onChange({ at, kind: 'fault', reason: fault.reason, message: fault.message, hint: fault.hint ?? null });
    } else if (fault === null && blindSince !== null) {
      const afterMs = clock.monotonic() - blindSince;
      blindSince = null;
      onChange({ at, kind: 'recovered', afterMs });
    }
  }

  return {
    poll: async () => {
      const fault = await passingFault(look);
      tellSight(fault ?? (jobs && (await readOpen(jobs))));
    },
    isOver: () =>
      jobs !== null && turnout() !== 'coming' && [...jobs.values()].every(({ end }) => end !== null),
    turnout,
    jobs: () => jobs && [...jobs.values()],
  };
}

/** A job as it was read at this time. */
function seenAt(now: Timestamp, jobId: string, job: RestoreJob, before: Noticed = {}): WaitedJob {
  const news = job.reached.filter(({ milestone }) => before[milestone] === undefined);
  return { jobId, job, end: endOf(job), noticed: noticedBy(before, news, now) ?? {} };
}
