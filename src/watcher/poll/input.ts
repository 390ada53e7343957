import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { TimePolicy } from '../../domain/job/time-events.ts';
import type { Target, Watch } from '../../domain/job/watch.ts';
import type { JobSource, PageFacts } from '../../source/source.ts';
import type { JobReader } from '../../store/ports/jobs.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Places } from './places.ts';
import type { PollProgress } from './progress.ts';

/** What a poll works with. */
export interface PollDeps {
  source: JobSource;
  store: JobReader;
  recorder: Pick<Recorder, 'recordPoll' | 'usualsFor' | 'jobsAtATime'>;
  clock: Clock;
  /** How many jobs that have changed go into one transaction. Default: as many as hold up nobody. */
  portion?: number;
}

/** Which target is polled, and how. */
export interface PollInput {
  watch: Watch;
  target: Target;
  lateAfterMs: number;
  /** After its abort, nothing is written any more. */
  signal: AbortSignal;
  /** Told how the cycle gets on. */
  progress?: PollProgress | undefined;
  /** Jobs that another watch has: they are not followed, though they may have been before. Absent: none. */
  ceded?: ReadonlySet<string>;
  /** A restore is running there: goes first when the budget is short. */
  isUrgent: boolean;
  /**
   * `newest`: a list that comes newest first is read until it shows nothing new. `whole`: to its end. A list in any other order is
   * always read whole. `open`: only the followed jobs are looked for. Followed jobs that were not seen on the way are asked for by id, or
   * the list is read on, whichever takes fewer requests.
   */
  depth: 'newest' | 'whole' | 'open';
  /** What the last cycle, if it went well, has noted of the answers in which nothing had changed. Kept up to date by the cycle. */
  notes: AnswerNotes;
  /** Where the followed jobs stand on the list. Kept up to date by the cycle. */
  places: Places;
  /** What time tells of a job of this delivery type. `isFirstLook`: what is usual there is only just being read. */
  timePolicyFor: (deliveryType: string, look: { isFirstLook: boolean }) => TimePolicy;
  /** For a target that came to light later: jobs created since then are news, not baseline. `null`: no such time. */
  newSince: Timestamp | null;
}

/** Answers of one target that need no look as long as they come back unchanged. */
export interface AnswerNotes {
  /** By place. */
  readonly pages: Map<number, PageNote>;
  /** Of jobs that were asked for by id. */
  readonly jobs: Map<string, AnswerNote>;
  /** When the last cycle began that has read every job which may change; absent before the first. */
  lastLookAt?: Timestamp;
}

/** An answer in which all was as it had been recorded. No more than this is kept of it: nothing for each job that has ended. */
export interface AnswerNote {
  fingerprint: string;
  /** When it was looked at. */
  times: ReadTimes;
}

/** A page of a list in which all was as it had been recorded. */
export interface PageNote extends AnswerNote, PageFacts {
  isNewestFirst: boolean;
  /** Its jobs that are followed, with their places on it; also those that stand on another page as well. */
  followed: ReadonlyMap<string, number>;
}

/** When something was read, by Atlas's clock. */
export interface ReadTimes {
  at: Timestamp;
  /** Earlier where it is not settled which clock is right: nothing is told because a time has come before it surely has. */
  surelyAt: Timestamp;
}

/** What was odd about one job. */
export interface Anomaly {
  /** `null`: not even its id could be read. */
  jobId: string | null;
  problem: string;
}

/** What one poll came to. A poll that could read some jobs and not others has both results and a `failure`. */
export interface PollReport {
  /** Jobs that were read. */
  jobs: number;
  /** Observations that changed. Only their number: a first listing may find a hundred thousand. */
  changes: number;
  hasRunningJobs: boolean;
  /** Ids of the configuration that Atlas does not know and never did. */
  unknownJobIds: string[];
  /** What was odd about single jobs; those without an id are told at every poll. */
  anomalies: Anomaly[];
  failure: Error | null;
}
