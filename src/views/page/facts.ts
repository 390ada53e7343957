import type { Drill } from '../../domain/drills/drill.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { FinishedDuration } from '../../domain/job/eta.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { LastCheckpoint } from '../../store/ports/audit.ts';
import type { VerifiedLog } from '../../store/ports/evidence/verified.ts';
import type { LastFinish, RecordedEvent } from '../../store/ports/records.ts';
import type { StoreFault, WatcherStatus } from '../../watcher/status.ts';
import type { ListedJob } from '../records/records.ts';
import type { StatusReport } from '../status/report.ts';
import type { DrillStanding } from './drill-due.ts';
import type { CoverageFacts } from './gaps.ts';
import type { PageQuery } from './query.ts';
import type { Viewer } from './viewer.ts';

/** All that a page is made of. */
export interface PageFacts {
  now: Timestamp;
  version: string;
  query: PageQuery;
  viewer: Viewer;
  status: WatcherStatus;
  /** Within how many milliseconds a restore is to have ended (`rto`), by watch; of those alone where that is agreed. */
  rtos: ReadonlyMap<string, number>;
  /** The drills that are agreed. */
  drills: readonly Drill[];
  /** The runbook of those who are on call; `null`: nobody has told of one. */
  runbookUrl: string | null;
  /** What is wrong besides watches and channels, a line each. */
  others: { problems: readonly string[]; warnings: readonly string[] };
  /** `null`: this process could not read the store yet. */
  record: RecordFacts | null;
  /** There while the store cannot be read: `record` is then what was read last. */
  storeFault: StoreFault | null;
}

/** What of a page stands in the store. */
export interface RecordFacts {
  readAt: Timestamp;
  report: StatusReport;
  /** Those that run, those that began first before the others. */
  running: readonly RunningFacts[];
  /** Jobs that ran in the range of the timeline, in no order. */
  jobs: readonly Observation[];
  /** False: there are more than were read. */
  hasAllJobs: boolean;
  /** The newest that fit the query, newest first. */
  events: readonly RecordedEvent[];
  /** The restore that finished last; `null`: none is on record. */
  lastFinish: LastFinish | null;
  /** By watch, when a restore finished last there. */
  lastFinishes: ReadonlyMap<string, LastFinish>;
  log: LogFacts;
  /** How drills stand: read again once a minute. */
  drillStanding: DrillStanding;
  /** Of the watch that the query names, how long restores took at its instances; none where it names none. */
  plots: readonly InstanceDurations[];
  /** How everything was watched in the last 30 days: read again once a minute. */
  coverage: CoverageFacts;
}

/** How far the audit log goes. */
export interface LogFacts {
  /** Entries in it. */
  entries: number;
  checkpoint: LastCheckpoint['last'];
  /** What was found when it was verified last; `null`: nothing is on record. */
  verified: VerifiedLog | null;
}

/** How long restores took on one instance. */
export interface InstanceDurations {
  groupId: string;
  instanceName: string;
  /** Newest first. */
  durations: readonly FinishedDuration[];
}

/** A job that runs. */
export interface RunningFacts extends Pick<ListedJob, 'observation' | 'eta'> {
  /** What was told of it, oldest first. */
  events: readonly RecordedEvent[];
  /** How long restores took on the same instance, newest first. */
  durations: readonly FinishedDuration[];
}
