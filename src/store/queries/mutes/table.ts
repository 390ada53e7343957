import type { Generated } from 'kysely';

/** Kept when they are over: what they kept from people still refers to them. */
export interface MuteTable {
  id: Generated<number>;
  watch: string;
  project: string | null;
  instance: string | null;
  target: string | null;
  job: string | null;
  /** A JSON object of globs. */
  labels: string | null;
  /** A JSON list of names; `null`: see `Mute.events`. */
  events: string | null;
  created_at: number;
  /** `ENDLESS` where it comes round. */
  until: number;
  /** All three or none. */
  schedule: string | null;
  time_zone: string | null;
  for_ms: number | null;
  author: string;
  reason: string;
  /** Both or none. */
  removed_at: number | null;
  removed_by: string | null;
}
