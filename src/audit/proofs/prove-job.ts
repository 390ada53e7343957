import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditEntry } from '../../domain/audit.ts';
import { EMPTY_FRONTIER, type Frontier, leafHash, rootOf } from '../../domain/evidence/audit-tree.ts';
import type { Checkpoint } from '../../domain/evidence/checkpoint.ts';
import { createJobEntries } from '../../domain/evidence/job-entries.ts';
import { logProofText } from '../../domain/evidence/log-proof.ts';
import { RangeRoots } from '../../domain/evidence/range-roots.ts';
import { inclusionRanges } from '../../domain/evidence/tree-proof.ts';
import { StoreError } from '../../errors.ts';
import { LeafList } from './leaf-list.ts';
import type { JobProofs, LineReader } from './proofs.ts';

const PORTION = 500;

/**
 * Proves of every entry about a job that it is in the log as the checkpoint signs it. Reads the log once; keeps 32 bytes of each line.
 * @param signed the checkpoint, and its note verbatim.
 * @throws {StoreError} reason `damaged` when the log is not the one of the checkpoint.
 */
export async function proveJob(
  read: LineReader,
  jobId: string,
  signed: { checkpoint: Checkpoint; note: string },
): Promise<JobProofs> {
  const { size, root } = signed.checkpoint;
  const found: Array<{ entry: AuditEntry; line: string }> = [];
  const leaves = new LeafList();
  const entries = createJobEntries(jobId);
  let begin: Frontier | null = null;
  for await (const { lines, start } of portionsOf(read)) {
    const frontier = start?.frontier ?? EMPTY_FRONTIER;
    begin ??= frontier;
    // The log was cut meanwhile: what was not read yet of its first entries is gone.
    if (frontier.size !== begin.size) return proveJob(read, jobId, signed);
    for (const { seq, body } of lines) {
      if (seq <= size) leaves.push(leafHash(body));
      const entry = entries.take(body);
      if (entry !== null) found.push({ entry, line: body });
    }
  }
  const inside = found.filter(({ entry }) => entry.seq <= size);
  const rangesOf = ({ seq }: AuditEntry) => inclusionRanges(seq - 1, size);
  const ranges = inside.flatMap(({ entry }) => rangesOf(entry));
  const roots = new RangeRoots(ranges, begin ?? EMPTY_FRONTIER);
  for (const leaf of leaves) roots.take(leaf);
  if (!rootOf(roots.frontier).equals(root)) throw otherLog(size);
  const proven = inside.map(({ entry, line }) => {
    const hashes = roots.rootsOf(rangesOf(entry));
    // A tree with that root has them all: without them it would be a proof of nothing.
    if (hashes === null) throw new Error(`the tree has no proof of entry ${entry.seq}`);
    return { entry, line, proof: logProofText({ index: entry.seq - 1, hashes }, signed.note) };
  });
  return { proven, unsigned: found.length - inside.length };
}

async function* portionsOf(read: LineReader): AsyncGenerator<Awaited<ReturnType<LineReader>>> {
  for (let after = 0; ; ) {
    const portion = await read(after, PORTION);
    const last = portion.lines.at(-1);
    if (last === undefined) return;
    yield portion;
    after = last.seq;
    await nextTurn();
  }
}

function otherLog(size: number): StoreError {
  return new StoreError(
    'damaged',
    `The first ${size} entries of the audit log are not those that were signed`,
    {
      hint: '"restore-watcher audit verify" says what is wrong.',
    },
  );
}
