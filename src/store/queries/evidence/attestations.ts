import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Attestation, AttestationRequest } from '../../../domain/evidence/attestation.ts';
import type { Database } from '../schema.ts';

/** Inserts an attestation and gives it its id, within the caller's transaction. */
export async function insertAttestation(
  trx: Transaction<Database>,
  { jobId, at, result, by, ticket, note, cleanUp }: AttestationRequest,
): Promise<Attestation> {
  const row = await trx
    .insertInto('attestation')
    .values({ job_id: jobId, at, result, author: by, ticket, note, clean_up: cleanUp })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toAttestation(row);
}

/** Reads what was attested of these jobs; see `AttestationReader`. */
export async function attestationsOf(
  db: Kysely<Database>,
  jobIds: readonly string[],
): Promise<Map<string, Attestation[]>> {
  if (jobIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('attestation')
    .selectAll()
    .where('job_id', 'in', jobIds)
    .orderBy('job_id')
    .orderBy('id')
    .execute();
  return Map.groupBy(rows.map(toAttestation), ({ jobId }) => jobId);
}

/**
 * Deletes what was attested of those of these jobs that no watch has on record any more, within the caller's transaction: an attestation is
 * of the job, whoever follows it.
 */
export async function deleteUnkeptAttestations(
  trx: Transaction<Database>,
  jobIds: readonly string[],
): Promise<void> {
  if (jobIds.length === 0) return;
  await trx
    .deleteFrom('attestation')
    .where('job_id', 'in', jobIds)
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('observation')
            .select('observation.job_id')
            .whereRef('observation.job_id', '=', 'attestation.job_id'),
        ),
      ),
    )
    .execute();
}

function toAttestation(row: Selectable<Database['attestation']>): Attestation {
  const { id, at, result, ticket, note } = row;
  return { id, jobId: row.job_id, at, result, by: row.author, ticket, note, cleanUp: row.clean_up };
}
