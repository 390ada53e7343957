import type { Clock } from '../../clock.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { TimePolicy } from '../../domain/job/time-events.ts';
import type { Target, Watch } from '../../domain/job/watch.ts';
import type { NextDigest, Route } from '../../domain/telling/routing.ts';
import type { JobSource } from '../../source/source.ts';
import type { JobStore } from '../../store/ports/jobs.ts';
import type { MuteReader } from '../../store/ports/mutes.ts';
import type { PollProgress } from './progress.ts';

export interface PollDeps {
  source: JobSource;
  store: JobStore & MuteReader;
  clock: Clock;
  /** Those in force: a reload changes them. */
  routes: () => readonly Route[];
  nextDigest: NextDigest;
}

export interface PollInput {
  watch: Watch;
  target: Target;
  projectUrl: string | null;
  lateAfterMs: number;
  /** After its abort, nothing is written any more. */
  signal: AbortSignal;
  /** Told how the cycle gets on. */
  progress?: PollProgress | undefined;
  /** A restore is running there: goes first when the budget is short. */
  isUrgent: boolean;
  /**
   * `newest`: a list that comes newest first is read until it shows nothing new; running jobs further down are asked for by id.
   * `whole`: to its end. A list in any other order is always read whole.
   */
  depth: 'newest' | 'whole';
  /** Pages of the last complete listing whose jobs had all ended for good, by place. Kept up to date by the cycle. */
  pages: Map<number, PageNote>;
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

/** One commit of a cycle. */
export interface Written {
  /** Observations that changed. Only their number: a first listing may find a hundred thousand. */
  changes: number;
  events: PlannedEvent[];
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
  /** Something was written: changes, or the baseline. */
  hasWritten: boolean;
  events: PlannedEvent[];
  hasRunningJobs: boolean;
  /** Ids of the configuration that Atlas does not know and never did. */
  unknownJobIds: string[];
  /** What was odd about single jobs; those without an id are told at every poll. */
  anomalies: Anomaly[];
  failure: Error | null;
}
