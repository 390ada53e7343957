import type { Timestamp } from '../instant.ts';

/** What somebody says of a restore after looking at the data. */
export const ATTESTATION_RESULTS = ['passed', 'failed'] as const;
export type AttestationResult = (typeof ATTESTATION_RESULTS)[number];

/** What became of the restored test data: it was removed, it could not be removed, or it is still there. */
export const CLEAN_UPS = ['done', 'failed', 'open'] as const;
export type CleanUp = (typeof CLEAN_UPS)[number];

/** A person or a pipeline says whether the data of a restore is what it should be. A later attestation of a job takes the place of an earlier one; both stay on record. */
export interface Attestation {
  /** Given by the store, from 1. */
  id: number;
  jobId: string;
  at: Timestamp;
  result: AttestationResult;
  /** Who says it. */
  by: string;
  /** Where the work is tracked. */
  ticket: string | null;
  /** What was compared, such as counts of rows or checksums. */
  note: string | null;
  /** `null`: nobody has said. */
  cleanUp: CleanUp | null;
}

/** An attestation before the store has it. */
export type AttestationRequest = Omit<Attestation, 'id'>;

/** What somebody attests; `job` is the id of a restore job in any of its forms. */
export type AskedAttestation = Omit<AttestationRequest, 'jobId' | 'at'> & { job: string };

/** The attestation that counts: the one that was made last; `null`: there is none. */
export function lastAttestation(all: readonly Attestation[]): Attestation | null {
  return all.reduce<Attestation | null>(
    (last, one) => (last === null || one.id > last.id ? one : last),
    null,
  );
}
