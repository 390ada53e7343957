import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { TimePolicy } from '../../domain/job/time-events.ts';
import type { Target, Watch } from '../../domain/job/watch.ts';
import type { JobSource } from '../../source/source.ts';
import type { JobReader } from '../../store/ports/jobs.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Places } from './places.ts';
import type { PollProgress } from './progress.ts';

/** What a poll works with. */
export interface PollDeps {
  source: JobSource;
  store: JobReader;
  recorder: Pick<Recorder, 'recordPoll' | 'usualsFor'>;
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
  /** A restore is running there: goes first when the budget is short. */
  isUrgent: boolean;
  /**
   * `newest`: a list that comes newest first is read until it shows nothing new. `whole`: to its end. A list in any other order is
   * always read whole. `open`: only the followed jobs are looked for. Followed jobs that were not seen on the way are asked for by id, or
   * the list is read on, whichever takes fewer requests.
   */
  depth: 'newest' | 'whole' | 'open';
  /** Pages of the last complete listing whose jobs had all ended for good, by place. Kept up to date by the cycle. */
  pages: Map<number, PageNote>;
  /** Where the followed jobs stand on the list. Kept up to date by the cycle. */
  places: Places;
  /** What time tells of a job of this delivery type. `isFirstLook`: what is usual there is only just being read. */
  timePolicyFor: (deliveryType: string, look: { isFirstLook: boolean }) => TimePolicy;
  /** For a target that came to light later: jobs created since then are news, not baseline. `null`: no such time. */
  newSince: Timestamp | null;
}

/** A page of which nothing can change but by a change of the page. */
export interface PageNote {
  fingerprint: string;
  isNewestFirst: boolean;
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
