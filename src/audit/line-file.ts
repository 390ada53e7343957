import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A line without its newline, or what is wrong where one should be. Lines count from 1. */
export type Line = { number: number; text: string } | { number: number; problem: string };

/** The problem of a file whose last line was cut off while it was written. */
export const TORN_LAST_LINE = 'the last line is torn: it has no newline';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 64 * 1024;

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
 * Reads a file line by line, as bytes: only `\n` ends a line, and what is not UTF-8 is said to be so. One that ends in `.gz` is
 * unpacked on the way.
 * @throws the fault of the file system, ENOENT among them; that of zlib.
 */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  const handle = await openRegular(file, 'r');
  const packed = handle.createReadStream({ highWaterMark: CHUNK_BYTES });
  // Who reads hears of a fault by the last stream.
  const stream = file.endsWith('.gz') ? pipeline(packed, createGunzip(), () => {}) : packed;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      number += 1;
      yield toLine(number, bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES) {
      yield { number: number + 1, problem: 'this line has no end' };
      return;
    }
  }
  if (rest.length > 0) yield { number: number + 1, problem: TORN_LAST_LINE };
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
    const start = Math.max(0, from - CHUNK_BYTES);
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

/** True for the fault of a file that is not there. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function toLine(number: number, bytes: Buffer): Line {
  if (!isUtf8(bytes)) return { number, problem: 'this line is not UTF-8' };
  return { number, text: bytes.toString('utf8') };
}
