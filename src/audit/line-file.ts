import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Lines that stand one behind the other in `bytes`, which are UTF-8. Good until the next portion is asked for. */
export interface LinePortion {
  bytes: Buffer;
  /** Where each line begins. */
  starts: readonly number[];
  /** Where it ends, without its newline. */
  ends: readonly number[];
  /** Number of the first one in its file, from 1. */
  number: number;
}

/** What is wrong where a line should be. */
export interface LineProblem {
  number: number;
  problem: string;
}

/** The problem of a file whose last line was cut off while it was written. */
export const TORN_LAST_LINE = 'the last line is torn: it has no newline';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;
/** Of the end of a file: its last line alone is wanted. */
const TAIL_BYTES = 64 * 1024;

/** No line that we write comes near this. Keeps a file that is something else from filling the memory. */
const MAX_LINE_BYTES = 16 * 2 ** 20;

/**
 * Opens a file, and nothing but a file: opening a pipe that nobody reads holds one of the few threads for files for ever, and the end
 * of the process with it. A new file is for its owner alone.
 * @param access `r` to read, `r+` to change what is there, `a` to append to what is there, `wx` to make it.
 * @throws the fault of the file system; EINVAL for what is no file.
 */
export async function openRegular(file: string, access: keyof typeof FLAGS): Promise<FileHandle> {
  if (access !== 'wx' && !(await stat(file)).isFile())
    throw Object.assign(new Error(`${file} is not a regular file`), { code: 'EINVAL' });
  return open(file, FLAGS[access] | constants.O_NONBLOCK, 0o600);
}

const FLAGS = {
  r: constants.O_RDONLY,
  'r+': constants.O_RDWR,
  a: constants.O_WRONLY | constants.O_APPEND,
  wx: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
};

/**
 * Reads a file in portions of whole lines, as bytes: only `\n` ends a line, and what is not UTF-8 is said to be so. A file that ends in
 * `.gz` is unpacked on the way. However long the file is, one portion of it is in memory.
 * @throws the fault of the file system, ENOENT among them; that of zlib.
 */
export async function* readLines(file: string): AsyncGenerator<LinePortion | LineProblem> {
  let number = 1;
  let kept = 0;
  let work: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(file)) {
    if (kept + chunk.length > work.length) work = grown(work, kept + chunk.length);
    chunk.copy(work, kept);
    const bytes = work.subarray(0, kept + chunk.length);
    const { starts, ends } = linesIn(bytes, kept);
    const end = (ends.at(-1) ?? -1) + 1;
    if (!isUtf8(bytes.subarray(0, end))) yield* oneByOne(bytes, starts, ends, number);
    else if (end > 0) yield { bytes, starts, ends, number };
    number += ends.length;
    kept = bytes.length - end;
    work.copyWithin(0, end, bytes.length);
    if (kept > MAX_LINE_BYTES) {
      yield { number, problem: 'this line has no end' };
      return;
    }
  }
  if (kept > 0) yield { number, problem: TORN_LAST_LINE };
}

/** Finds the lines that begin in these bytes and end there, the first one not before `searchFrom`. */
export function linesIn(bytes: Buffer, searchFrom = 0): { starts: number[]; ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE, searchFrom); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    starts.push(start);
    ends.push(end);
    start = end + 1;
  }
  return { starts, ends };
}

/** Somewhere in these lines is what is not UTF-8. */
function* oneByOne(
  bytes: Buffer,
  starts: readonly number[],
  ends: readonly number[],
  first: number,
): Generator<LinePortion | LineProblem> {
  for (const [index, start] of starts.entries()) {
    const end = ends[index] ?? start;
    const number = first + index;
    if (isUtf8(bytes.subarray(start, end))) yield { bytes, starts: [start], ends: [end], number };
    else yield { number, problem: 'this line is not UTF-8' };
  }
}

function grown(work: Buffer, length: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * work.length));
  work.copy(larger);
  return larger;
}

/** The bytes of a file, unpacked. What a chunk holds is written over by the next one. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const handle = await openRegular(file, 'r');
  if (file.endsWith('.gz')) {
    const packed = handle.createReadStream({ highWaterMark: CHUNK_BYTES });
    // Who reads hears of a fault by the last stream.
    yield* pipeline(packed, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) as AsyncIterable<Buffer>;
    return;
  }
  let ahead: ReturnType<FileHandle['read']> | null = null;
  const read = (into: Buffer, length: number): NonNullable<typeof ahead> => {
    const reading = handle.read(into, 0, length, null);
    // It may fail while the chunk before is looked at, when nobody waits for it yet: who asks for the next chunk hears of it.
    reading.catch(() => {});
    return reading;
  };
  try {
    const { size } = await handle.stat();
    const length = Math.min(CHUNK_BYTES, size + 1);
    let [one, other] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)];
    for (ahead = read(one, length); ; ) {
      const { bytesRead } = await ahead;
      if (bytesRead === 0) return;
      // While one is looked at, the next one comes.
      ahead = read(other, length);
      yield one.subarray(0, bytesRead);
      [one, other] = [other, one];
    }
  } finally {
    // Who has seen enough may leave while it comes.
    await ahead?.catch(() => {});
    await handle.close();
  }
}

/** Where a file's last whole line is. */
export interface Tail {
  /** `null` when there is no whole line. */
  text: string | null;
  /** Bytes up to the end of that line, its newline included. What follows is torn. */
  end: number;
  size: number;
}

/** Finds the last whole line from the end of the file, so that it costs the same however long the file is. */
export async function readTail(handle: FileHandle): Promise<Tail> {
  const { size } = await handle.stat();
  let tail: Buffer = Buffer.alloc(0);
  for (let from = size; from > 0 && tail.length <= MAX_LINE_BYTES; ) {
    const start = Math.max(0, from - TAIL_BYTES);
    tail = Buffer.concat([await readRange(handle, start, from), tail]);
    from = start;
    const last = tail.lastIndexOf(NEWLINE);
    const before = last > 0 ? tail.lastIndexOf(NEWLINE, last - 1) : -1;
    if (before !== -1 || (from === 0 && last !== -1)) {
      return { text: tail.toString('utf8', before + 1, last), end: from + last + 1, size };
    }
  }
  return { text: null, end: 0, size };
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}

/** Reads all of a file that is not long. @returns `null` where there is none. @throws the fault of the file system; EINVAL for what is no file. */
export async function readText(file: string): Promise<string | null> {
  try {
    const handle = await openRegular(file, 'r');
    return await handle.readFile('utf8').finally(() => handle.close());
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
}

/** True for the fault of a file that is not there. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
