import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../errors.ts';
import type { ProvenEntry } from './proofs.ts';

/** How the file of a proof ends (C2SP tlog-proof). */
export const PROOF_ENDING = '.tlog-proof';
/** Beside it, under the same name, lies the line that it proves. */
export const LINE_ENDING = '.json';

/** A file of the proofs of a job, by its name in their directory. */
export interface ProofFile {
  name: string;
  text: string;
}

/** Each entry and its proof as two files: `entry-SEQ.json` and `entry-SEQ.tlog-proof`. */
export function proofFiles(proven: readonly ProvenEntry[]): ProofFile[] {
  return proven.flatMap(({ entry, line, proof }) => [
    { name: `entry-${entry.seq}${LINE_ENDING}`, text: `${line}\n` },
    { name: `entry-${entry.seq}${PROOF_ENDING}`, text: proof },
  ]);
}

/**
 * Writes the files of the proofs; makes the directory.
 * @throws {StoreError} reason `unavailable`.
 */
export async function writeProofs(directory: string, proven: readonly ProvenEntry[]): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    for (const { name, text } of proofFiles(proven)) await writeFile(join(directory, name), text);
  } catch (cause) {
    throw new StoreError('unavailable', `${directory}: cannot write the proofs`, {
      hint: 'Check that it is a directory, or can be made, and may be written.',
      cause,
    });
  }
}
