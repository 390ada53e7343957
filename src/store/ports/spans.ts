import type { Timestamp } from '../../domain/instant.ts';

/** The wall clock has stepped. */
export interface ClockStep {
  /** By so many milliseconds; negative: it was set back. */
  byMs: number;
  /** What it shows since. */
  at: Timestamp;
  /** Only what this replica goes by: the others have clocks of their own. Left out: everything. */
  of?: SpanScope | undefined;
}

/** What one of several replicas counts by its clock. */
export interface SpanScope {
  /** What is owed to these, and their silences. */
  channels: readonly string[];
  /** Since when these fail. */
  watches: readonly string[];
  reminders: boolean;
}

/**
 * What is counted from kept times: how long a delivery is owed, when it is tried again, when a reminder comes.
 * @throws {StoreError} from every method.
 */
export interface SpanStore {
  /** The time of the last entry of the audit log; `null` when there is none. The clock was not set forward since, if it shows less. */
  lastWrittenAt(): Promise<Timestamp | null>;
  /**
   * Moves the times that spans are counted from along with the clock, so that what was due in a minute still is: of what is
   * owed (when it was made and tried, and when it is tried again), of reminders, of silences, and since when watches fail. What is a time of the day
   * (the slot of a digest, the end of a mute) and what has ended stays. So does what was written in the last seconds before `at`: the
   * clock had stepped by then. One transaction, in turn.
   */
  moveSpans(step: ClockStep): Promise<void>;
}
