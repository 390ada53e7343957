import type { CoverageSpan, CoverageWriter, RecordedSpan } from '../../../domain/coverage/span.ts';
import type { Timestamp } from '../../../domain/instant.ts';

/** What a process notes of what it watches, together. */
export interface CoverageNote {
  writer: CoverageWriter;
  /** New ones, and those that have changed. None may stand there twice. */
  spans: readonly CoverageSpan[];
  /** The numbers of those that are the first of their place by this writer, or the first since another had it. */
  firsts: readonly number[];
}

/** Which spans are asked for. */
export interface CoverageFilter {
  /** Only of this watch. */
  watch?: string | undefined;
  /** Those of which something lies at or after this. */
  since: Timestamp;
  /** Those that begin before this. */
  until: Timestamp;
}

/** What is on record of a period, in no order. */
export interface RecordedCoverage {
  spans: RecordedSpan[];
  /** Those who have written them. */
  writers: CoverageWriter[];
}

/** When what was watched, for whoever only asks. @throws {StoreError} */
export interface CoverageReader {
  /** Every span of the period, with the last one of each place before it. Reads page by page. */
  readCoverage(filter: CoverageFilter): Promise<RecordedCoverage>;
}

/** Keeps when what was watched. @throws {StoreError} from every method. */
export interface CoverageStore extends CoverageReader {
  /**
   * Writes spans over what stands there of them, and the writer's sign of life with them: so a span without an end never reaches farther than
   * what the writer knew. The last spans that other writers have of the places of `firsts` end where those begin. One transaction, which waits for no turn.
   */
  noteCoverage(note: CoverageNote): Promise<void>;
  /**
   * Takes away spans that were over by then, and then writers of which none is left: at most `limit` rows.
   * @returns how many; fewer than `limit`: nothing more is to be taken away.
   */
  pruneCoverage(overBefore: Timestamp, limit: number): Promise<number>;
}
