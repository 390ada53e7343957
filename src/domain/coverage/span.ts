import type { Timestamp } from '../instant.ts';
import type { GapCause } from './causes.ts';

/** What is watched: one instance as one watch sees it. A `*` watch itself is one too, by the wildcards that it is configured with. */
export interface CoveredPlace {
  watch: string;
  groupId: string;
  instanceName: string;
}

/**
 * What a writer has noted of one place: it was watched from `from` to `to`, and then was not, for the reason of `cause`, until `until`. One
 * row in the store. A span without length only says that the cause changed.
 */
export interface CoverageSpan extends CoveredPlace {
  /** Counts the spans of one writer. */
  number: number;
  from: Timestamp;
  /** `null`: it is watched for as long as the writer lives. */
  to: Timestamp | null;
  /** Why it was watched no more; `null` while it is. */
  cause: GapCause | null;
  /** When the next span of the place begins; `null`: there is none. */
  until: Timestamp | null;
  /** A next span that begins within so many milliseconds follows without a missed look. */
  slackMs: number;
}

/** A process that has noted spans, and for how long it is known to have lived. */
export interface CoverageWriter {
  id: string;
  startedAt: Timestamp;
  /** A sign of life, noted every 10 s. */
  aliveAt: Timestamp;
  /** When it stopped in good order; `null`: it lives, or was killed. */
  endedAt: Timestamp | null;
}

/** A span as it stands on record. */
export interface RecordedSpan extends CoverageSpan {
  /** The id of its writer. */
  writer: string;
}
