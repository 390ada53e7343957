import { parseAuditEntry } from '../audit.ts';
import { leafHash, parseHash, type TreeHash } from './audit-tree.ts';
import { type Checkpoint, checkpointFault, parseCheckpoint } from './checkpoint.ts';
import type { VerifierKey } from './signed-note.ts';
import { provesInclusion } from './tree-proof.ts';

/** Shows that a line is an entry of a log, to somebody who has nothing else of that log (C2SP tlog-proof). */
export interface LogProof {
  /** Of the leaf, from 0: the number of the entry less one. */
  index: number;
  /** The neighbour of the leaf first. */
  hashes: readonly TreeHash[];
  /** Of the tree that the leaf is in. */
  checkpoint: Checkpoint;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const EXTRA_LINE = /^extra \S+$/;
const INDEX_LINE = /^index (0|[1-9][0-9]{0,15})$/;

/** Writes a proof; `note` is the signed checkpoint, verbatim. */
export function logProofText({ index, hashes }: Pick<LogProof, 'index' | 'hashes'>, note: string): string {
  const lines = [FIRST_LINE, `index ${index}`, ...hashes.map((hash) => hash.toString('base64'))];
  return `${lines.join('\n')}\n\n${note}`;
}

/** Reads a proof, and verifies nothing. @returns `null` for what is none. */
export function parseLogProof(text: string): LogProof | null {
  const end = text.indexOf('\n\n');
  const checkpoint = end < 0 ? null : parseCheckpoint(text.slice(end + 2));
  const [first, ...others] = text.slice(0, Math.max(0, end)).split('\n');
  const [indexLine = '', ...hashLines] = EXTRA_LINE.test(others[0] ?? '') ? others.slice(1) : others;
  const index = INDEX_LINE.exec(indexLine)?.[1];
  const hashes = hashLines.map(parseHash);
  if (first !== FIRST_LINE || index === undefined || checkpoint === null) return null;
  return hashes.every((hash) => hash !== null) ? { index: Number(index), hashes, checkpoint } : null;
}

/**
 * Says why the proof does not show that this line (without its newline) is an entry of the log that `key` signs.
 * @returns `null` when it does show it.
 */
export function proofFault(
  { index, hashes, checkpoint }: LogProof,
  line: string,
  key: VerifierKey,
): string | null {
  const signature = checkpointFault(checkpoint, key);
  if (signature !== null) return `its checkpoint: ${signature}`;
  const entry = parseAuditEntry(line);
  if (entry === null) return 'what it should prove is no audit entry';
  if (entry.seq !== index + 1) return `it is about entry ${index + 1}, and this is entry ${entry.seq}`;
  if (!provesInclusion(leafHash(line), index, hashes, checkpoint))
    return `this line is not entry ${entry.seq} of the log`;
  return null;
}
