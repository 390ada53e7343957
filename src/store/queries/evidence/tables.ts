import type { Generated } from 'kysely';
import type { AttestationResult, CleanUp } from '../../../domain/evidence/attestation.ts';

/** What somebody has attested of a job; the one with the greatest id counts. */
export interface AttestationTable {
  id: Generated<number>;
  job_id: string;
  at: number;
  result: AttestationResult;
  author: string;
  ticket: string | null;
  note: string | null;
  clean_up: CleanUp | null;
}

/** How far the audit log was read for a drill; see `DrillMark`. */
export interface DrillTable {
  drill: string;
  seq: number;
  agreed_at_seq: number;
  scope: string;
}

/** How a drill stands at an instance; `body` is a `DrillPlace` as JSON. */
export interface DrillPlaceTable {
  drill: string;
  place: string;
  body: string;
}
