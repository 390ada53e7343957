import { cosignedAt, type VerifierKey } from '../domain/evidence/signed-note.ts';
import {
  type KeptCheckpoint,
  type KeptCheckpoints,
  readCheckpoints,
} from './checkpoints/known-checkpoints.ts';

/** What a log is checked against besides itself. */
export interface AuditEvidence extends KeptCheckpoints {
  /** By which it should be signed; `null`: by the one that it names itself. */
  key: VerifierKey | null;
  /** Who must have cosigned the log, and the checkpoints that were kept elsewhere. */
  witnesses?: readonly VerifierKey[];
  /** Checkpoints were kept elsewhere: those need to be cosigned, and the log need not say so. */
  isCosignedElsewhere?: boolean;
}

/** A log that nothing else is known of. */
export const NO_EVIDENCE: AuditEvidence = { key: null, kept: [], faults: [] };

/**
 * Reads the checkpoints that somebody has kept.
 * @param request.checkpoints files that must be there.
 * @param request.own the watcher's own file of checkpoints, which need not be there.
 * @throws {StoreError} reason `unavailable` when one is there and cannot be read.
 */
export async function gatherEvidence(request: {
  key: VerifierKey | null;
  witnesses?: readonly VerifierKey[];
  checkpoints: readonly string[];
  own: string | undefined;
}): Promise<AuditEvidence> {
  const { key, checkpoints, own, witnesses = [] } = request;
  const evidence: AuditEvidence = {
    ...{ key, witnesses, kept: [], faults: [] },
    isCosignedElsewhere: checkpoints.length > 0,
  };
  for (const file of own === undefined ? checkpoints : [...checkpoints, own]) {
    const found = await readCheckpoints(file);
    evidence.kept.push(...(found?.kept ?? []));
    if (file !== own) evidence.faults.push(...uncosigned(found?.kept ?? [], witnesses));
    if (found !== null) evidence.faults.push(...found.faults);
    else if (file !== own) evidence.faults.push(`${file}: there is no such file`);
  }
  return evidence;
}

/** What is wrong with who has cosigned these, for people. */
function uncosigned(kept: readonly KeptCheckpoint[], witnesses: readonly VerifierKey[]): string[] {
  return kept.flatMap(({ checkpoint, source }) =>
    witnesses.flatMap((witness) => {
      const at = cosignedAt(checkpoint.note, witness);
      if (typeof at === 'number') return [];
      const why = at === 'wrong' ? 'does not fit its text' : 'is missing';
      return [`${source}: the cosignature of ${witness.name} ${why}`];
    }),
  );
}
