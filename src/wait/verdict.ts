import type { Timestamp } from '../domain/instant.ts';
import { JOB_HOME } from '../domain/job/job-home.ts';
import type { Noticed } from '../domain/job/observation.ts';
import { assertNever, type RestoreJob } from '../domain/job/restore-job.ts';
import type { SourceError } from '../errors.ts';

/** How a job that was waited for ended. `ready`: a download has its link. `missing`: Atlas has no such job, said twice in a row. */
export type JobEnd = 'finished' | 'ready' | 'failed' | 'cancelled' | 'expired' | 'missing';

/** What waiting came to. `nothing`: no job was running. `absent`: fewer jobs appeared than were expected. `interrupted`: the signal ended it. */
export type Verdict = Exclude<JobEnd, 'ready'> | 'absent' | 'timed_out' | 'nothing' | 'interrupted';

/** Whether those jobs are there that were expected. `coming`: not yet; `short`: not in time. */
export type Turnout = 'all' | 'coming' | 'short';

/** One job as it stands. */
export interface WaitedJob {
  jobId: string;
  /** As last read; `null` before the first time. */
  job: RestoreJob | null;
  /** `null`: waited for still. */
  end: JobEnd | null;
  /** When an outcome was first seen that Atlas does not date. */
  noticed?: Noticed;
}

/** In the order in which they count: a restore that finished stays so when it expires later, a link that ran out is of no use. */
const ENDS = ['failed', 'cancelled', 'finished', 'expired', 'ready'] as const;

/** How a job has ended, for somebody who waits for it; `null` while it runs. */
export function endOf({ reached }: Pick<RestoreJob, 'reached'>): JobEnd | null {
  return ENDS.find((end) => reached.some(({ milestone }) => milestone === end)) ?? null;
}

/** What to do about a job that Atlas does not know and never did; `null` for any other. */
export function hintAbout({ job, end }: WaitedJob): string | null {
  return end === 'missing' && job === null ? `Check its id. ${JOB_HOME}` : null;
}

/** True unless the job had its outcome by then: what ends while Atlas cannot be listed yet has been waited for as well. */
export function wasRunning({ reached }: Pick<RestoreJob, 'reached'>, at: Timestamp): boolean {
  const [, outcome] = reached;
  return outcome === undefined || (outcome.at !== null && outcome.at >= at);
}

const WORST_FIRST = ['failed', 'cancelled', 'expired', 'missing'] as const;

/** What several jobs come to when nobody waits any longer: the worst decides. `null`: it never came to light which jobs there are. */
export function verdictOf(jobs: readonly WaitedJob[] | null, turnout: Turnout = 'all'): Verdict {
  if (jobs === null) return 'timed_out';
  if (jobs.length === 0 && turnout === 'all') return 'nothing';
  const ends = new Set(jobs.map(({ end }) => end));
  const worst = WORST_FIRST.find((end) => ends.has(end));
  if (worst !== undefined) return worst;
  if (ends.has(null) || turnout === 'coming') return 'timed_out';
  return turnout === 'short' ? 'absent' : 'finished';
}

/** True when a job is not as it was, as far as somebody who waits would see. */
export function isNews(before: RestoreJob | null, job: RestoreJob): boolean {
  return (
    before?.state !== job.state ||
    before.progress?.done !== job.progress?.done ||
    before.progress?.total !== job.progress?.total
  );
}

/** True for faults that may pass by themselves; the others need a person. A 404 that names nothing may be that of a gateway. */
export function mayPass({ reason, subject }: SourceError): boolean {
  switch (reason) {
    case 'rate_limited':
    case 'unavailable':
    case 'timeout':
    case 'bad_response':
      return true;
    case 'not_found':
      return subject === 'request';
    case 'auth':
    case 'refused':
    case 'wrong_kind':
    case 'gone':
    case 'bad_request':
      return false;
    default:
      return assertNever(reason);
  }
}
