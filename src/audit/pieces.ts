import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { parseAuditEntry } from '../domain/audit.ts';
import { isStubLine, parseStub } from '../domain/evidence/audit-stub.ts';
import { type LinePortion, openRegular, readLines, readTail } from './line-file.ts';

/**
 * A file that holds a part of the audit log, such as a rotation leaves behind: `audit.jsonl.1`, `audit.jsonl-20261128.gz`,
 * `audit-20261128.jsonl`.
 */
export interface Piece {
  file: string;
  /** Number of the first entry; `null` when the first line is none. */
  first: number | null;
  /** It begins with a stub, in place of the entries before its first one. */
  hasStub: boolean;
  /** The last whole line; `null` when there is none. */
  lastLine: string | null;
}

/** What ends the name of a file that is written to take the place of a longer one. */
export const CUT_ENDING = '.cut';

/**
 * Finds the files beside `file` that may be pieces of the same log. Those that were kept aside as damaged are not among them, nor is what
 * a cut has left half written.
 */
export async function piecesBeside(file: string): Promise<Piece[]> {
  const own = basename(file);
  const extension = extname(own);
  const stem = own.slice(0, own.length - extension.length);
  const isPiece = (name: string): boolean =>
    name !== own &&
    !name.includes('.damaged-') &&
    !name.endsWith(CUT_ENDING) &&
    (name.startsWith(own) || (name.startsWith(stem) && name.includes(extension)));
  const names = await readdir(dirname(file)).catch(() => []);
  const pieces: Piece[] = [];
  // One at a time: each that is packed is unpacked to its end, and there may be years of them.
  for (const name of names.filter(isPiece)) {
    const piece = await readPiece(join(dirname(file), name));
    if (piece !== null) pieces.push(piece);
  }
  return pieces;
}

/**
 * Finds the pieces that lead up to `file`, in the order of the log, `file` itself being the last: each ends with the entry before the
 * one that the next begins with. A log that was never rotated is `file` alone.
 */
export async function piecesUpTo(file: string): Promise<string[]> {
  const set = [file];
  const pieces = await piecesBeside(file);
  let begin = (await readPiece(file))?.first ?? newestOf(pieces) + 1;
  while (begin > 1) {
    const before = pieces.find(({ lastLine }) => lastOf(lastLine) === begin - 1);
    if (before === undefined || before.first === null || before.first >= begin) break;
    set.unshift(before.file);
    begin = before.first;
  }
  return set;
}

/** Puts files into the order of the log. Those that begin with no entry come first: they are at fault, wherever they stand. */
export async function inOrder(files: readonly string[]): Promise<string[]> {
  const pieces = await Promise.all(
    files.map(async (file) => ({ file, first: (await readPiece(file))?.first ?? 0 })),
  );
  return pieces.toSorted((a, b) => a.first - b.first).map(({ file }) => file);
}

/** Reads where a piece begins and ends. @returns `null` for what is empty, cannot be read, or is no regular file. */
export async function readPiece(file: string): Promise<Piece | null> {
  try {
    for await (const portion of readLines(file)) {
      const line = 'problem' in portion ? null : lineOf(portion, 0);
      return {
        file,
        first: firstOf(line),
        hasStub: line !== null && isStubLine(line),
        lastLine: await lastLineOf(file),
      };
    }
    return null;
  } catch {
    return null;
  }
}

async function lastLineOf(file: string): Promise<string | null> {
  if (file.endsWith('.gz')) {
    let last: string | null = null;
    for await (const portion of readLines(file)) {
      if (!('problem' in portion)) last = lineOf(portion, portion.ends.length - 1) ?? last;
    }
    return last;
  }
  const handle = await openRegular(file, 'r');
  try {
    return (await readTail(handle)).text;
  } finally {
    await handle.close();
  }
}

function lineOf({ bytes, starts, ends }: LinePortion, index: number): string | null {
  const end = ends[index];
  return end === undefined ? null : bytes.toString('utf8', starts[index], end);
}

function newestOf(pieces: readonly Piece[]): number {
  return Math.max(0, ...pieces.map(({ lastLine }) => lastOf(lastLine) ?? 0));
}

/** A stub stands in place of all entries before the one that comes next. */
function firstOf(line: string | null): number | null {
  const stub = line === null ? null : parseStub(line);
  return stub === null ? lastOf(line) : stub.last.seq + 1;
}

function lastOf(line: string | null): number | null {
  return line === null ? null : (parseAuditEntry(line)?.seq ?? null);
}
