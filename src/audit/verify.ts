import {
  type AuditEntry,
  type AuditHead,
  auditLine,
  brokenLink,
  GENESIS,
  parseAuditEntry,
} from '../domain/audit.ts';
import { StoreError } from '../errors.ts';
import type { AuditReader } from '../store/ports/audit.ts';
import { isMissingFile, readLines } from './line-file.ts';

/** Something that is not as it was written. `line` counts from 1 and is `null` outside of files. */
export interface AuditProblem {
  /** Where the log stands in files. */
  file?: string;
  line: number | null;
  seq: number | null;
  problem: string;
}

/** What walking along one audit log came to. */
export interface AuditVerdict {
  /** Entries looked at. */
  entries: number;
  /** Empty when the log is sound. The list ends after `MAX_PROBLEMS`. */
  problems: AuditProblem[];
  /** The last entry found. */
  head: AuditHead;
}

/** After this many, what follows says nothing new. */
export const MAX_PROBLEMS = 100;

/** Entries read from the store at a time. */
const PAGE = 500;

/** One step along a log: an entry (with its bytes, where those count), or what is wrong in its place. */
type Step = { file?: string; line: number | null } & (
  | { entry: AuditEntry; text: string | null }
  | { problem: string }
);

/**
 * Walks a chain from its first entry: every entry must continue the one before and be as it was written. With `head`, the chain must
 * also reach that entry, or its tail was cut; it may go on behind it.
 */
export async function verifyEntries(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  { head }: { head?: AuditHead } = {},
): Promise<AuditVerdict> {
  return walk(stepsOf(entries), head);
}

/**
 * The same for a file of lines, where every byte counts: a line must be the canonical form of its entry, and whole. A missing file is
 * a problem like any other.
 * @throws {StoreError} reason `unavailable` when the file is there and cannot be read.
 */
export async function verifyFile(
  file: string,
  { expectedHead }: { expectedHead?: AuditHead } = {},
): Promise<AuditVerdict> {
  return verifyFiles([file], { expectedHead });
}

/**
 * The same for a log in several files, in their order: each goes on where the one before ends. `before` is the entry that the first
 * one goes on behind; without it, that begins with the first entry of all.
 * @throws {StoreError} as `verifyFile`.
 */
export async function verifyFiles(
  files: readonly string[],
  { expectedHead, before = GENESIS }: { expectedHead?: AuditHead | undefined; before?: AuditHead } = {},
): Promise<AuditVerdict> {
  return walk(stepsOfFiles(files), expectedHead, before);
}

/** The same for the log in the store, against the end that the store remembers apart. It may be written to meanwhile. */
export async function verifyStore(store: AuditReader): Promise<AuditVerdict> {
  const verdict = await walk(stepsOfStore(store), await store.auditHead());
  const end = await store.auditHead();
  if (verdict.head.seq > end.seq)
    addProblem(verdict, NOWHERE, verdict.head.seq, `the store says that the log ends at entry ${end.seq}`);
  return verdict;
}

async function walk(
  steps: AsyncIterable<Step>,
  expected: AuditHead | undefined,
  before: AuditHead = GENESIS,
): Promise<AuditVerdict> {
  const verdict: AuditVerdict = { entries: 0, problems: [], head: before };
  for await (const step of steps) {
    if (verdict.problems.length >= MAX_PROBLEMS) return verdict;
    if ('problem' in step) addProblem(verdict, step, null, step.problem);
    else takeEntry(verdict, step, expected);
  }
  const { seq } = verdict.head;
  if (expected && seq < expected.seq)
    addProblem(
      verdict,
      NOWHERE,
      expected.seq,
      `the log ends at entry ${seq}; it should reach ${expected.seq}`,
    );
  return verdict;
}

/** Checks one entry and goes on from what stands there, so that one fault is told once. */
function takeEntry(
  verdict: AuditVerdict,
  step: Extract<Step, { entry: AuditEntry }>,
  expected: AuditHead | undefined,
): void {
  const { entry, text } = step;
  const fault = faultOf(verdict.head, entry, text);
  if (fault !== null) addProblem(verdict, step, entry.seq, fault);
  else if (entry.seq === expected?.seq && entry.hash !== expected.hash)
    addProblem(verdict, step, entry.seq, `entry ${entry.seq} is not the one that is remembered`);
  verdict.head = { seq: entry.seq, hash: entry.hash };
  verdict.entries += 1;
}

function faultOf(head: AuditHead, entry: AuditEntry, text: string | null): string | null {
  try {
    const broken = brokenLink(head, entry);
    if (broken !== null) return broken;
    return text === null || text === auditLine(entry)
      ? null
      : `entry ${entry.seq} does not stand there byte for byte as it was written`;
  } catch {
    // Text that is no valid Unicode has no canonical form. It was never written by us.
    return `entry ${entry.seq} was changed after it was written`;
  }
}

const NOWHERE = { line: null };

function addProblem(
  verdict: AuditVerdict,
  { file, line }: Pick<Step, 'file' | 'line'>,
  seq: number | null,
  problem: string,
): void {
  verdict.problems.push({ ...(file === undefined ? {} : { file }), line, seq, problem });
}

async function* stepsOf(entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>): AsyncGenerator<Step> {
  for await (const entry of entries) yield { line: null, entry, text: null };
}

async function* stepsOfFiles(files: readonly string[]): AsyncGenerator<Step> {
  for (const file of files) for await (const step of stepsOfFile(file)) yield { ...step, file };
}

async function* stepsOfFile(file: string): AsyncGenerator<Step> {
  try {
    for await (const line of readLines(file)) {
      if ('problem' in line) yield { line: line.number, problem: line.problem };
      else yield stepOfLine(line.number, line.text);
    }
  } catch (error) {
    if (!isMissingFile(error))
      throw new StoreError('unavailable', `${file}: cannot read the audit file`, { cause: error });
    yield { line: null, problem: 'there is no such file' };
  }
}

function stepOfLine(line: number, text: string): Step {
  const entry = parseAuditEntry(text);
  return entry === null ? { line, problem: 'this line is not an audit entry' } : { line, entry, text };
}

async function* stepsOfStore(store: AuditReader): AsyncGenerator<Step> {
  let after = 0;
  let limit = PAGE;
  for (;;) {
    try {
      const page = await store.readAudit(after, limit);
      yield* stepsOf(page);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.seq;
    } catch (error) {
      if (!(error instanceof StoreError) || error.reason !== 'damaged') throw error;
      if (limit === 1) {
        yield { line: null, problem: error.message };
        return;
      }
      // One of these cannot be read; those before it can.
      limit = 1;
    }
  }
}
