import { type AuditEntry, type AuditLine, parseAuditEntry } from '../domain/audit.ts';
import { type AuditStub, parseStub, stubLine } from '../domain/evidence/audit-stub.ts';
import { StoreError } from '../errors.ts';
import type { AuditReader } from '../store/ports/audit.ts';
import { isMissingFile, type LinePortion, linesIn, readLines } from './line-file.ts';

/** A line of the log, read in full: its entry, or what is wrong with it. */
export type FoundLine =
  | { entry: AuditEntry; text: string }
  /** It stands in place of the first entries. */
  | { stub: AuditStub }
  /** `isLast`: nothing behind it can be read. */
  | { problem: string; isLast?: true };

type Lines = Pick<LinePortion, 'bytes' | 'starts' | 'ends'>;

/** Some lines of a log, or what is wrong where some should be. `line` counts from 1 and is `null` outside of files. */
export type LogPortion =
  | (Lines & {
      placeOf: (index: number) => { file?: string; line: number | null };
      /** The numbers that the entries have beside their lines, where they have any. */
      seqs?: readonly number[];
      read: (index: number) => Promise<FoundLine> | FoundLine;
    })
  | { file?: string; line: number | null; problem: string };

/** Entries read from the store at a time. */
const PAGE = 500;
const NEWLINE = 0x0a;

/**
 * Reads a log in several files, in their order.
 * @throws {StoreError} reason `unavailable` when a file is there and cannot be read.
 */
export async function* portionsOfFiles(files: readonly string[]): AsyncGenerator<LogPortion> {
  for (const file of files) yield* portionsOfFile(file);
}

async function* portionsOfFile(file: string): AsyncGenerator<LogPortion> {
  try {
    for await (const portion of readLines(file)) {
      if ('problem' in portion) yield { file, line: portion.number, problem: portion.problem };
      else yield portionOfLines(file, portion);
    }
  } catch (error) {
    if (!isMissingFile(error))
      throw new StoreError('unavailable', `${file}: cannot read the audit file`, { cause: error });
    yield { file, line: null, problem: 'there is no such file' };
  }
}

function portionOfLines(file: string, { bytes, starts, ends, number }: LinePortion): LogPortion {
  return {
    bytes,
    starts,
    ends,
    placeOf: (index) => ({ file, line: number + index }),
    read: (index) => {
      const text = bytes.toString('utf8', starts[index], ends[index]);
      const stub = parseStub(text);
      if (stub !== null) return { stub };
      const entry = parseAuditEntry(text);
      return entry === null ? { problem: 'this line is not an audit entry' } : { entry, text };
    },
  };
}

/**
 * Reads the log in the store.
 * @throws {StoreError} from the store, unless the log itself is damaged.
 */
export async function* portionsOfStore(store: AuditReader): AsyncGenerator<LogPortion> {
  const stub = await store.auditStart();
  if (stub !== null) yield portionOfStub(stub);
  const read = createRowReader(store);
  let after = 0;
  let limit = PAGE;
  for (;;) {
    try {
      const portion = await read(after, limit);
      if (portion === null) return;
      yield portion;
      after = portion.seqs.at(-1) ?? after;
    } catch (error) {
      const problem = damageOf(error);
      if (limit === 1) {
        yield { line: null, problem };
        return;
      }
      // One of these cannot be read; those before it can.
      limit = 1;
    }
  }
}

/** The stub of a store, as a line like those of a file. */
function portionOfStub(stub: AuditStub): LogPortion {
  const bytes = Buffer.from(`${stubLine(stub)}\n`);
  return {
    bytes,
    starts: [0],
    ends: [bytes.length - 1],
    placeOf: () => ({ line: null }),
    read: () => ({ stub }),
  };
}

type RowPortion = Exclude<LogPortion, { problem: string }> & { seqs: readonly number[] };

/** Reads portions into one memory. Their texts are let go of at once. */
function createRowReader(store: AuditReader): (after: number, limit: number) => Promise<RowPortion | null> {
  let memory: Buffer = Buffer.alloc(0);
  const readOneByOne = async (after: number, limit: number): Promise<RowPortion | null> => {
    const rows = await store.readAuditLines(after, limit);
    if (rows.length === 0) return null;
    memory = withRoomFor(
      rows.reduce((sum, { body }) => sum + body.length + 1, 0),
      memory,
    );
    const seqs = rows.map(({ seq }) => seq);
    return portionOfRows(store, writtenInto(memory, rows), seqs);
  };
  return async (after, limit) => {
    const page = await store.readAuditText(after, limit);
    if (page === null) return null;
    memory = withRoomFor(page.text.length + 1, memory);
    const lines = linesOfText(memory, page.text);
    // An entry that is gone, or one of several lines: which is which shows only one by one.
    const isOneEach = lines.ends.length === page.count && page.last - page.first + 1 === page.count;
    if (!isOneEach) return readOneByOne(after, limit);
    const seqs = lines.ends.map((_, index) => page.first + index);
    return portionOfRows(store, lines, seqs);
  };
}

function portionOfRows(store: AuditReader, lines: Lines, seqs: readonly number[]): RowPortion {
  return {
    ...lines,
    seqs,
    placeOf: () => ({ line: null }),
    read: (index) => readRow(store, lines, seqs, index),
  };
}

async function readRow(
  store: AuditReader,
  { bytes, starts, ends }: Lines,
  seqs: readonly number[],
  index: number,
): Promise<FoundLine> {
  const seq = seqs[index] ?? 0;
  const text = bytes.toString('utf8', starts[index], ends[index]);
  try {
    const [entry] = await store.readAudit(seq - 1, 1);
    return entry === undefined ? { problem: `entry ${seq} is gone` } : { entry, text };
  } catch (error) {
    return { problem: damageOf(error), isLast: true };
  }
}

/** The same memory for all portions, until one needs more: a character of a text takes three bytes at most, in UTF-8. */
function withRoomFor(characters: number, memory: Buffer): Buffer {
  const bytes = 3 * characters;
  return bytes <= memory.length ? memory : Buffer.allocUnsafeSlow(2 * bytes);
}

function linesOfText(memory: Buffer, text: string): Lines {
  const length = memory.write(text);
  memory[length] = NEWLINE;
  const bytes = memory.subarray(0, length + 1);
  return { bytes, ...linesIn(bytes) };
}

function writtenInto(bytes: Buffer, rows: readonly AuditLine[]): Lines {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const { body } of rows) {
    starts.push(at);
    at += bytes.write(body, at);
    ends.push(at);
    bytes[at] = NEWLINE;
    at += 1;
  }
  return { bytes, starts, ends };
}

function damageOf(error: unknown): string {
  if (!(error instanceof StoreError) || error.reason !== 'damaged') throw error;
  return error.message;
}
