import { realpath, rename, rm } from 'node:fs/promises';
import { parseAuditEntry } from '../../domain/audit.ts';
import { type AuditStub, parseStub, stubLine } from '../../domain/evidence/audit-stub.ts';
import { openRegular, readLines, TORN_LAST_LINE } from '../line-file.ts';
import { CUT_ENDING, readPiece } from '../pieces.ts';
import { ownAlike } from './own-alike.ts';

/**
 * What became of a file that was to be cut. `nothing_to_cut`: it begins behind what is pruned, or with no entry; `unsound`: it is not what
 * the log was, and is left as it is, for whoever has to find out why.
 */
export type CutOutcome = 'cut' | 'nothing_to_cut' | 'unsound';

/**
 * Cuts off of a mirror file what the log holds no more: what is left goes to a new file behind the stub, and that takes its place, with its
 * owner and mode; where the name is a link, at the place that it leads to. Pieces that a rotation has left are left alone: how long those
 * stay is for the rotation to say.
 * @throws the fault of the file system, as of a full disk; the file is as it was, and nothing is left beside it.
 */
export async function cutFile(file: string, stub: AuditStub): Promise<CutOutcome> {
  const target = await realpath(file);
  const anew = `${target}${CUT_ENDING}`;
  // A kill may have left it.
  await rm(anew, { force: true });
  const first = (await readPiece(target))?.first ?? null;
  if (first === null || first > stub.last.seq) return 'nothing_to_cut';
  try {
    if (!(await writeRest(target, stub, anew))) return 'unsound';
    await rename(anew, target);
    return 'cut';
  } finally {
    // It takes room that the mirror needs.
    await rm(anew, { force: true });
  }
}

/** @returns false when the file is not what it should be. */
async function writeRest(file: string, stub: AuditStub, anew: string): Promise<boolean> {
  const handle = await openRegular(anew, 'wx');
  try {
    await handle.writeFile(`${stubLine(stub)}\n`);
    for await (const bytes of linesBehind(file, stub)) {
      if (bytes === null) return false;
      await handle.writeFile(bytes);
    }
    await ownAlike(handle, file);
    await handle.sync();
    return true;
  } finally {
    await handle.close();
  }
}

/**
 * Whole lines behind what the stub stands for, in portions; `null` where the first of them is missing, or where something else than a line
 * stands between them: somebody has done that, and it must show. A torn last line alone is left out.
 */
async function* linesBehind(file: string, { last }: AuditStub): AsyncGenerator<Buffer | null> {
  let isFound = false;
  for await (const portion of readLines(file)) {
    if ('problem' in portion) {
      if (portion.problem !== TORN_LAST_LINE) yield null;
      return;
    }
    const { bytes, starts, ends } = portion;
    const end = (ends.at(-1) ?? -1) + 1;
    const seqs = isFound
      ? []
      : starts.map((start, index) => seqOf(bytes.toString('utf8', start, ends[index])));
    const at = isFound ? 0 : seqs.findIndex((seq) => seq > last.seq);
    if (at === -1) continue;
    if (!isFound && seqs[at] !== last.seq + 1) {
      yield null;
      return;
    }
    isFound = true;
    yield bytes.subarray(starts[at], end);
  }
}

/** The number of the entry, or of the last one that a stub stands for; 0 for what is neither. */
function seqOf(line: string): number {
  return parseAuditEntry(line)?.seq ?? parseStub(line)?.last.seq ?? 0;
}
