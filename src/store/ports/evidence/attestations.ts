import type { Attestation, AttestationRequest } from '../../../domain/evidence/attestation.ts';

/**
 * What people attest of restores, for whoever only reads it.
 * @throws {StoreError} from every method.
 */
export interface AttestationReader {
  /** What was attested of these jobs, by job id, the oldest first; jobs without an attestation are left out. */
  attestationsOf(jobIds: readonly string[]): Promise<Map<string, Attestation[]>>;
}

/** What people attest of restores, for whoever attests. */
export interface AttestationStore extends AttestationReader {
  /** Keeps an attestation, with an audit entry. One transaction, in turn. Whether the job is on record, the caller has looked. */
  attest(request: AttestationRequest): Promise<Attestation>;
}
