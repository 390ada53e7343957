import { rename, rm } from 'node:fs/promises';
import { parseAuditEntry } from '../domain/audit.ts';
import { type AuditStub, parseStub, stubLine } from '../domain/evidence/audit-stub.ts';
import { openRegular, readLines } from './line-file.ts';
import { readPiece } from './pieces.ts';

/**
 * Cuts off of a mirror file what the log holds no more: what is left goes to a new file behind the stub, and that takes its place. Pieces
 * that a rotation has left are left alone: how long those stay is for the rotation to say.
 * @returns false when there is nothing of it in the file, or the file is not what it should be; then it is as it was.
 */
export async function cutFile(file: string, stub: AuditStub): Promise<boolean> {
  const first = (await readPiece(file))?.first ?? null;
  if (first === null || first > stub.last.seq) return false;
  const anew = `${file}.cut`;
  await rm(anew, { force: true });
  const handle = await openRegular(anew, 'wx');
  let isSound = true;
  try {
    await handle.writeFile(`${stubLine(stub)}\n`);
    for await (const bytes of linesBehind(file, stub)) {
      isSound = bytes !== null;
      if (bytes === null) break;
      await handle.writeFile(bytes);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (isSound) await rename(anew, file);
  else await rm(anew);
  return isSound;
}

/**
 * Whole lines behind what the stub stands for, in portions; `null` where the first of them is missing: somebody has taken it out, and
 * that must show. A torn last line is left out.
 */
async function* linesBehind(file: string, { last }: AuditStub): AsyncGenerator<Buffer | null> {
  let isFound = false;
  for await (const portion of readLines(file)) {
    if ('problem' in portion) return;
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
