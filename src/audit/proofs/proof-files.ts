import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../errors.ts';
import type { ProvenEntry } from './proofs.ts';

/** How the file of a proof ends (C2SP tlog-proof). */
export const PROOF_ENDING = '.tlog-proof';
/** Beside it, under the same name, lies the line that it proves. */
export const LINE_ENDING = '.json';

/**
 * Writes each entry and its proof to two files, `entry-SEQ.json` and `entry-SEQ.tlog-proof`; makes the directory.
 * @throws {StoreError} reason `unavailable`.
 */
export async function writeProofs(directory: string, proven: readonly ProvenEntry[]): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    for (const { entry, line, proof } of proven) {
      const name = join(directory, `entry-${entry.seq}`);
      await writeFile(`${name}${LINE_ENDING}`, `${line}\n`);
      await writeFile(`${name}${PROOF_ENDING}`, proof);
    }
  } catch (cause) {
    throw new StoreError('unavailable', `${directory}: cannot write the proofs`, {
      hint: 'Check that it is a directory, or can be made, and may be written.',
      cause,
    });
  }
}
