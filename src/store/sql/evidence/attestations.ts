import type { Kysely } from 'kysely';
import type { AuditDraft } from '../../../domain/audit.ts';
import type { Attestation, AttestationRequest } from '../../../domain/evidence/attestation.ts';
import type { AttestationStore } from '../../ports/evidence/attestations.ts';
import { attestationsOf, insertAttestation } from '../../queries/evidence/attestations.ts';
import type { Database } from '../../queries/schema.ts';
import type { Guarded } from '../method-guard.ts';
import type { Turns } from '../turns.ts';

/** Builds the port of attestations over SQL. */
export function createAttestationStore(
  db: Kysely<Database>,
  turns: Turns,
  guarded: Guarded,
): AttestationStore {
  return {
    attestationsOf: guarded('read attestations', (jobIds) => attestationsOf(db, jobIds)),
    attest: guarded('keep an attestation', (request) => attest(turns, request)),
  };
}

async function attest({ inTurn }: Turns, request: AttestationRequest): Promise<Attestation> {
  return inTurn(async (trx, record) => {
    const attestation = await insertAttestation(trx, request);
    await record([{ at: request.at, kind: 'attestation.made', data: entryOf(attestation) }]);
    return attestation;
  });
}

/** What nobody has said is left out. */
function entryOf({ id, jobId, result, by, ticket, note, cleanUp }: Attestation): AuditDraft['data'] {
  return {
    attestationId: id,
    jobId,
    result,
    by,
    ...(ticket === null ? {} : { ticket }),
    ...(note === null ? {} : { note }),
    ...(cleanUp === null ? {} : { cleanUp }),
  };
}
