import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAuditEntry } from '../../domain/audit.ts';
import { parseLogProof, proofFault } from '../../domain/evidence/log-proof.ts';
import type { VerifierKey } from '../../domain/evidence/signed-note.ts';
import { StoreError } from '../../errors.ts';
import { isMissingFile, readText } from '../line-file.ts';
import { LINE_ENDING, PROOF_ENDING } from './proof-files.ts';
import type { CheckedProof } from './proofs.ts';

/**
 * Verifies proofs without the log: one, or all that lie in a directory.
 * @throws {StoreError} reason `unavailable` when they cannot be read, or there is none.
 */
export async function checkProofs(path: string, key: VerifierKey): Promise<CheckedProof[]> {
  const files = await filesOf(path);
  if (files.length === 0) throw unreadable(path, `there is no file *${PROOF_ENDING} in it`);
  const checked: CheckedProof[] = [];
  for (const file of files) checked.push(await checkProof(file, key));
  return checked.toSorted((a, b) => (a.entry?.seq ?? 0) - (b.entry?.seq ?? 0));
}

async function checkProof(file: string, key: VerifierKey): Promise<CheckedProof> {
  const lineFile = `${file.slice(0, -PROOF_ENDING.length)}${LINE_ENDING}`;
  const line = (await read(lineFile))?.replace(/\n$/, '') ?? null;
  const proof = parseLogProof((await read(file)) ?? '');
  const entry = line === null ? null : parseAuditEntry(line);
  const about = { file, entry, size: proof?.checkpoint.size ?? null };
  if (proof === null) return { ...about, fault: 'this is no proof' };
  if (line === null) return { ...about, fault: `what it should prove is not there: ${lineFile}` };
  return { ...about, fault: proofFault(proof, line, key) };
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path);
    return names.filter((name) => name.endsWith(PROOF_ENDING)).map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(
      path,
      isMissingFile(cause) ? 'there is no such file or directory' : 'it cannot be read',
      cause,
    );
  }
}

async function read(file: string): Promise<string | null> {
  try {
    return await readText(file);
  } catch (cause) {
    throw unreadable(file, 'it cannot be read', cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('unavailable', `${path}: ${why}`, {
    hint: 'Give a file or a directory as "audit prove --out" has written it.',
    cause,
  });
}
