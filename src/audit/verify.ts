import { type AuditEntry, type AuditHead, auditLine, brokenLink, GENESIS } from '../domain/audit.ts';
import { createLineChain, type LineChain } from '../domain/audit-line.ts';
import type { AuditReader } from '../store/ports/audit.ts';
import { type FoundLine, type LogPortion, portionsOfFiles, portionsOfStore } from './log-portions.ts';

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

/**
 * Walks the chain in a file from its first entry: every entry must continue the one before and be as it was written, byte for byte: the
 * canonical form of its entry, and whole. With `expectedHead`, the chain must also reach that entry, or its tail was cut; it may go on
 * behind it. A missing file is a problem like any other.
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
  return walk(portionsOfFiles(files), expectedHead, before);
}

/** The same for the log in the store, against the end that the store remembers apart. It may be written to meanwhile. */
export async function verifyStore(store: AuditReader): Promise<AuditVerdict> {
  const verdict = await walk(portionsOfStore(store), await store.auditHead());
  const end = await store.auditHead();
  if (verdict.head.seq > end.seq)
    addProblem(verdict, NOWHERE, verdict.head.seq, `the store says that the log ends at entry ${end.seq}`);
  return verdict;
}

async function walk(
  portions: AsyncIterable<LogPortion>,
  expected: AuditHead | undefined,
  before: AuditHead = GENESIS,
): Promise<AuditVerdict> {
  const verdict: AuditVerdict = { entries: 0, problems: [], head: before };
  const chain = createLineChain(before);
  for await (const portion of portions) {
    if (!(await takePortion(verdict, chain, portion, expected))) break;
    if (verdict.problems.length >= MAX_PROBLEMS) return verdict;
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

/**
 * Follows the chain along the bytes of a portion. A line that does not simply follow is read in full, and judged.
 * @returns false when nothing behind it can be read.
 */
async function takePortion(
  verdict: AuditVerdict,
  chain: LineChain,
  portion: LogPortion,
  expected: AuditHead | undefined,
): Promise<boolean> {
  if ('problem' in portion) {
    addProblem(verdict, portion, null, portion.problem);
    return true;
  }
  const { bytes, starts, ends, seqs } = portion;
  for (let index = 0; index < ends.length && verdict.problems.length < MAX_PROBLEMS; index += 1) {
    const isInPlace = seqs === undefined || seqs[index] === chain.head.seq + 1;
    if (isInPlace && chain.follow(bytes, starts[index] ?? 0, ends[index] ?? 0)) {
      verdict.entries += 1;
      verdict.head = chain.head;
      if (chain.head.seq === expected?.seq) compareWithExpected(verdict, portion.placeOf(index), expected);
      continue;
    }
    const found = await portion.read(index);
    if ('problem' in found) addProblem(verdict, portion.placeOf(index), null, found.problem);
    else takeEntry(verdict, portion.placeOf(index), found, expected);
    if ('isLast' in found) return false;
    chain.goOnFrom(verdict.head);
  }
  return true;
}

/** Checks one entry and goes on from what stands there, so that one fault is told once. */
function takeEntry(
  verdict: AuditVerdict,
  place: Place,
  { entry, text }: Extract<FoundLine, { entry: AuditEntry }>,
  expected: AuditHead | undefined,
): void {
  const fault = faultOf(verdict.head, entry, text);
  verdict.head = { seq: entry.seq, hash: entry.hash };
  verdict.entries += 1;
  if (fault !== null) addProblem(verdict, place, entry.seq, fault);
  else if (entry.seq === expected?.seq) compareWithExpected(verdict, place, expected);
}

function compareWithExpected(verdict: AuditVerdict, place: Place, expected: AuditHead): void {
  const { seq, hash } = verdict.head;
  if (hash !== expected.hash)
    addProblem(verdict, place, seq, `entry ${seq} is not the one that is remembered`);
}

function faultOf(head: AuditHead, entry: AuditEntry, text: string): string | null {
  try {
    const broken = brokenLink(head, entry);
    if (broken !== null) return broken;
    return text === auditLine(entry)
      ? null
      : `entry ${entry.seq} does not stand there byte for byte as it was written`;
  } catch {
    // Text that is no valid Unicode has no canonical form. It was never written by us.
    return `entry ${entry.seq} was changed after it was written`;
  }
}

type Place = Pick<AuditProblem, 'file' | 'line'>;

const NOWHERE = { line: null };

function addProblem(verdict: AuditVerdict, { file, line }: Place, seq: number | null, problem: string): void {
  verdict.problems.push({ ...(file === undefined ? {} : { file }), line, seq, problem });
}
