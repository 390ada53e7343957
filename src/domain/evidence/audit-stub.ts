import type { AuditHead } from '../audit.ts';
import { type Frontier, parseFrontier, rootOf } from './audit-tree.ts';
import { canonicalText } from './canonical-text.ts';
import { checkpointFault, parseCheckpoint } from './checkpoint.ts';
import { parseVerifierKey, type VerifierKey } from './signed-note.ts';

/**
 * What stands in place of the first entries of a log once they are pruned: enough to go on from, and the checkpoint that was signed over
 * them.
 */
export interface AuditStub {
  /** The last entry that is gone: the next one continues it. */
  last: AuditHead;
  /** The tree over all that are gone. */
  frontier: Frontier;
  /** The signed note over just those. */
  checkpoint: string;
  /** The key by which the log was signed then, as text. */
  key: string;
}

const KIND = 'audit.pruned';
/** Canonical JSON has the members in the order of their names: no entry begins so. */
const BEGIN = '{"checkpoint":';

/** Writes a stub as the first line of a log, without the newline: canonical JSON. */
export function stubLine({ last, frontier, checkpoint, key }: AuditStub): string {
  const hashes = frontier.hashes.map((hash) => hash.toString('base64'));
  const text = canonicalText({
    checkpoint,
    frontier: hashes,
    key,
    kind: KIND,
    n: last.seq,
    prev: last.hash,
    v: 1,
  });
  if (text === null) throw new Error('a stub must be JSON');
  return text;
}

/** Says whether a line may be a stub: it is no entry. Costs a comparison of some bytes. */
export function isStubLine(line: string): boolean {
  return line.startsWith(BEGIN);
}

/** Reads a stub, and verifies nothing. @returns `null` for what is none, or is not written as `stubLine` writes it. */
export function parseStub(line: string): AuditStub | null {
  if (!isStubLine(line)) return null;
  try {
    const { checkpoint, frontier, key, n, prev } = JSON.parse(line) as Record<string, unknown>;
    const size = Number(n);
    const tree = Array.isArray(frontier) ? parseFrontier(size, frontier.join(' ')) : null;
    const isStub =
      tree !== null &&
      size > 0 &&
      typeof checkpoint === 'string' &&
      typeof key === 'string' &&
      typeof prev === 'string' &&
      /^[0-9a-f]{64}$/.test(prev);
    if (!isStub) return null;
    const stub = { last: { seq: size, hash: prev }, frontier: tree, checkpoint, key };
    return stubLine(stub) === line ? stub : null;
  } catch {
    return null;
  }
}

/**
 * Says what is wrong with a stub; `null`: its checkpoint is signed, and over the tree that it names.
 * @param given the key that somebody has kept; `null`: the one that the stub names itself is believed.
 */
export function stubFault(
  { last, frontier, checkpoint, key }: AuditStub,
  given: VerifierKey | null,
): string | null {
  const parsed = parseCheckpoint(checkpoint);
  const own = parseVerifierKey(key);
  if (parsed === null) return 'it holds no checkpoint';
  if (own === null) return 'it names no key';
  const signature = checkpointFault(parsed, own);
  if (signature !== null) return `its checkpoint: ${signature}`;
  if (parsed.size !== last.seq || !parsed.root.equals(rootOf(frontier)))
    return `its checkpoint is not of the ${last.seq} entries that it stands for`;
  return given !== null && given.name !== own.name
    ? `it is of the log ${own.name}, not of ${given.name}`
    : null;
}
