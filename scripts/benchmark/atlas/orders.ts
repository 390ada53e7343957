import type { JobTimes } from './jobs.ts';

/** What the benchmark tells the simulated Atlas, which runs in a process of its own, to do. Each order is answered once it is done. */
export type AtlasOrder =
  | ({ do: 'put' } & PutJobs)
  | ({ do: 'finish' } & JobRange)
  | ({ do: 'meter' } & { instanceName: string; pid: number })
  | { do: 'look'; instanceName: string };

/** Jobs by their numbers, from the first one on. */
export interface JobRange {
  instanceName: string;
  from: number;
  count: number;
}

/** Puts jobs on an instance, which is made where there is none. */
export interface PutJobs extends JobRange {
  groupId: string;
  /** `ended` jobs can no longer change. */
  state: 'ended' | 'running';
  /** The same for all that is ever put on one instance; `USUAL_TIMES` unless given. */
  times?: JobTimes;
}

/** How things stood when the first answer of a poll had gone out. */
export interface PollReading {
  /** The CPU time of the metered process, in milliseconds; not a number where there is none. */
  cpuMs: number;
  /** Requests for the instance so far, login challenges included. */
  requests: number;
  /** By the machine's monotonic clock. */
  atMs: number;
}

/** What an instance was asked so far. */
export interface InstanceLook {
  /** Login challenges included. */
  requests: number;
  /** Answered with 200. */
  answers: number;
  /** One for each poll so far. */
  polls: PollReading[];
  /**
   * Job ids that `finish` has moved, with the instant at which the first answer that showed it had been handed to the operating
   * system, in milliseconds of the machine's monotonic clock.
   */
  shownAt: Array<[id: string, monotonicMs: number]>;
}
