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
