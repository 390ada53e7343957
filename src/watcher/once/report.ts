import type { JobState } from '../../domain/job/restore-job.ts';

/** What one poll of every watch, and one go at what is due, came to. */
export interface OnceReport {
  watches: Array<{
    watch: string;
    /** That were read. */
    jobs: number;
    /** How many of the jobs on record are in which state. */
    states: Partial<Record<JobState, number>>;
    events: string[];
    fault: { message: string; hint: string | null } | null;
  }>;
  channels: Array<{
    channel: string;
    tried: number;
    stillOwed: number;
    /** Owed as well, but not before the channel's next digest. */
    held: number;
    givenUp: number;
    /** It did not answer in time, and was left alone for the rest of this run. */
    isHanging: boolean;
    fault: string | null;
  }>;
  /** Every watch was polled and everything owed was delivered, but for what waits for a digest. */
  isComplete: boolean;
}
