import type { VerifierKey } from '../domain/evidence/signed-note.ts';
import { type KeptCheckpoints, readCheckpoints } from './checkpoints/known-checkpoints.ts';

/** What a log is checked against besides itself. */
export interface AuditEvidence extends KeptCheckpoints {
  /** By which it should be signed; `null`: by the one that it names itself. */
  key: VerifierKey | null;
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
  checkpoints: readonly string[];
  own: string | undefined;
}): Promise<AuditEvidence> {
  const { key, checkpoints, own } = request;
  const evidence: AuditEvidence = { key, kept: [], faults: [] };
  for (const file of own === undefined ? checkpoints : [...checkpoints, own]) {
    const found = await readCheckpoints(file);
    evidence.kept.push(...(found?.kept ?? []));
    if (found !== null) evidence.faults.push(...found.faults);
    else if (file !== own) evidence.faults.push(`${file}: there is no such file`);
  }
  return evidence;
}
