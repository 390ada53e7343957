import { type AskedAttestation, type Attestation, lastAttestation } from '../domain/evidence/attestation.ts';
import { type Timestamp, toIso } from '../domain/instant.ts';
import { shortId } from '../domain/job/restore-job.ts';
import { WatcherError } from '../errors.ts';
import type { AttestationStore } from '../store/ports/evidence/attestations.ts';
import type { RecordReader } from '../store/ports/records.ts';
import { findJobId, type IdFinder } from './resolve-id.ts';
import { Unfit } from './unfit.ts';

/** What was asked for cannot be attested of this restore; nothing was kept. */
export class UnfitAttestation extends Unfit {
  constructor(message: string, hint: string) {
    super('unfit_attestation', message, { hint });
  }
}

/** A job is followed by a few watches at most. */
const MOST_WATCHES = 100;

/**
 * Keeps what somebody attests of a restore that has ended, as far as any watch knows.
 * @throws {AmbiguousId} UnfitId, UnfitAttestation; WatcherError `not_found` for a job that is not on record: then nothing was kept.
 */
export async function attest(
  store: Pick<AttestationStore, 'attest'> & Pick<RecordReader, 'listObservations'> & IdFinder,
  { job, ...said }: AskedAttestation,
  now: Timestamp,
): Promise<Attestation> {
  const { id, isKnown } = await findJobId(store, job, 'one');
  const { items } = await store.listObservations({ jobId: id, limit: MOST_WATCHES });
  if (!isKnown || items.length === 0) {
    throw new WatcherError('not_found', `no restore job on record has the id ${job}`, {
      hint: '"restore-watcher jobs" lists those that are on record.',
    });
  }
  if (items.every(({ state }) => state === 'in_progress' || state === 'unknown')) {
    throw new UnfitAttestation(
      `restore ${shortId(id)} has not ended, as far as is known: there is nothing to attest yet`,
      'Attest it when it has finished.',
    );
  }
  return store.attest({ ...said, jobId: id, at: now });
}

/** An attestation as scripts see it; what nobody has said is `null`. */
export function attestationView(attestation: Attestation): Readonly<Record<string, unknown>> {
  const { id, jobId, at, result, by, ticket, note, cleanUp } = attestation;
  return { id, jobId, at: toIso(at), result, by, ticket, note, cleanUp };
}

/** What stands in the view of a job: every attestation, the oldest first, and the result of the one that counts. */
export function attestedView(all: readonly Attestation[]): Readonly<Record<string, unknown>> {
  return { attestations: all.map(attestationView), attested: lastAttestation(all)?.result ?? null };
}
