import { parseHash, type TreeHash, type TreeHead } from './audit-tree.ts';
import { type Checkpoint, checkpointFault, parseCheckpoint } from './checkpoint.ts';
import type { VerifierKey } from './signed-note.ts';
import { provesConsistency } from './tree-proof.ts';

/** What a log asks a witness: to cosign a checkpoint that goes on from the last one it has cosigned (C2SP tlog-witness). */
export interface AddCheckpoint {
  oldSize: number;
  /** That the tree has only grown since. */
  proof: readonly TreeHash[];
  checkpoint: Checkpoint;
}

const OLD_LINE = /^old (0|[1-9][0-9]{0,15})$/;
const MOST_HASHES = 63;
const EMPTY_ROOT = parseHash('47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');

/** Writes the request; `note` is the signed checkpoint, verbatim. */
export function addCheckpointText(
  { oldSize, proof }: Pick<AddCheckpoint, 'oldSize' | 'proof'>,
  note: string,
): string {
  const lines = [`old ${oldSize}`, ...proof.map((hash) => hash.toString('base64'))];
  return `${lines.join('\n')}\n\n${note}`;
}

/** Reads a request, and verifies nothing. @returns `null` for what is none. */
export function parseAddCheckpoint(text: string): AddCheckpoint | null {
  const end = text.indexOf('\n\n');
  const [first = '', ...hashLines] = text.slice(0, Math.max(0, end)).split('\n');
  const oldSize = OLD_LINE.exec(first)?.[1];
  const proof = hashLines.map(parseHash);
  const checkpoint = end < 0 ? null : parseCheckpoint(text.slice(end + 2));
  if (oldSize === undefined || checkpoint === null || proof.length > MOST_HASHES) return null;
  return proof.every((hash) => hash !== null) ? { oldSize: Number(oldSize), proof, checkpoint } : null;
}

/** What a witness makes of a request: it cosigns, or refuses with a status of HTTP. */
export type WitnessVerdict =
  | { kind: 'cosign' }
  | { kind: 'refuse'; status: 400 | 403 | 404 | 422; why: string }
  /** The log has to go on from that size. */
  | { kind: 'conflict'; size: number };

/**
 * Decides about a request.
 * @param key of the log; `null`: the witness does not know the log.
 * @param known the last checkpoint of the log that was cosigned; `null`: none was.
 */
export function judgeCheckpoint(
  { oldSize, proof, checkpoint }: AddCheckpoint,
  key: VerifierKey | null,
  known: TreeHead | null,
): WitnessVerdict {
  const refuse = (status: 400 | 403 | 404 | 422, why: string): WitnessVerdict => ({
    kind: 'refuse',
    status,
    why,
  });
  if (key === null) return refuse(404, 'this log is not known here');
  const fault = checkpointFault(checkpoint, key);
  if (fault !== null) return refuse(403, fault);
  if (oldSize > checkpoint.size) return refuse(400, 'the old size is greater than the size');
  if (oldSize !== (known?.size ?? 0)) return { kind: 'conflict', size: known?.size ?? 0 };
  const isEmpty = checkpoint.size === 0;
  if (isEmpty && EMPTY_ROOT !== null && !checkpoint.root.equals(EMPTY_ROOT))
    return refuse(422, 'a tree without leaves has another root');
  const old = known ?? { size: 0, root: checkpoint.root };
  return provesConsistency(old, proof, checkpoint)
    ? { kind: 'cosign' }
    : refuse(422, 'this is another history than the one that was cosigned');
}
