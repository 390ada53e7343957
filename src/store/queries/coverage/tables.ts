/** A process that notes what it watches. */
export interface CoverageWriterTable {
  id: string;
  started_at: number;
  alive_at: number;
  /** `null`: it lives, or was killed. */
  ended_at: number | null;
}

/** When one place was watched, and why it then was not; see `CoverageSpan`. */
export interface CoverageSpanTable {
  writer: string;
  number: number;
  watch: string;
  group_id: string;
  instance_name: string;
  from_at: number;
  to_at: number | null;
  cause: string | null;
  /** `null` for the last one of its place. */
  until_at: number | null;
  slack_ms: number;
}
