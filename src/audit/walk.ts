import {
  type AuditEntry,
  type AuditHead,
  auditLine,
  brokenLink,
  GENESIS,
  isIntact,
} from '../domain/audit.ts';
import { createLineChain, type LineChain } from '../domain/evidence/audit-line.ts';
import type { AuditStub } from '../domain/evidence/audit-stub.ts';
import type { WrongEntry } from '../domain/evidence/wrong-entry.ts';
import type { ClockCheck } from './clock-check.ts';
import { createFaultKinds, type FaultKinds } from './fault-kind.ts';
import type { KnownLines } from './known-lines.ts';
import type { FoundLine, LogPortion } from './log-portions.ts';
import type { TreeCheck } from './tree-check.ts';

/** Something that is not as it was written. `line` counts from 1 and is `null` outside of files. */
export interface AuditProblem {
  /** Where the log stands in files. */
  file?: string;
  line: number | null;
  /** Of the entry that stands there. */
  seq: number | null;
  problem: string;
  /** Which entry is wrong by that, and how; it may be another than the one that stands there. */
  wrong: WrongEntry;
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

/** A walk along one copy of the log. */
export interface Walk {
  /** What it has come to so far. */
  verdict: AuditVerdict;
  /** Each step takes one portion of lines. To be gone through to its end. */
  steps: AsyncGenerator<void, void>;
}

/** What a walk goes by. */
export interface WalkOptions {
  /** The entry that the log must reach. */
  expected?: AuditHead | undefined;
  /** The entry that its first line must continue. */
  before?: AuditHead | undefined;
  /** Told of every line that simply follows, until the next step. */
  noted?: KnownLines | undefined;
  /** Lines that another walk has noted. */
  known?: OtherCopy | undefined;
  /** Grows a tree along the lines. */
  tree?: TreeCheck | undefined;
  clock?: ClockCheck | undefined;
}

/** Another copy of the log, along which somebody walks as this one does. */
export interface OtherCopy {
  lines: Pick<KnownLines, 'nextOf'>;
  /** Walks on there until that entry is behind it, or the end. `null`: it is already. */
  reach(seq: number): Promise<void> | null;
}

/** Begins to walk along the log in these portions. */
export function startWalk(portions: AsyncIterable<LogPortion>, options: WalkOptions = {}): Walk {
  const verdict: AuditVerdict = { entries: 0, problems: [], head: options.before ?? GENESIS };
  return { verdict, steps: walk(verdict, portions, options) };
}

async function* walk(
  verdict: AuditVerdict,
  portions: AsyncIterable<LogPortion>,
  options: WalkOptions,
): AsyncGenerator<void, void> {
  const { expected, tree } = options;
  const chain = createLineChain(verdict.head);
  const kinds = createFaultKinds();
  for await (const portion of portions) {
    if (!(await takePortion(verdict, { chain, kinds }, portion, options))) break;
    if (verdict.problems.length >= MAX_PROBLEMS) return;
    yield;
  }
  const { seq } = verdict.head;
  if (expected && seq < expected.seq) {
    const problem = `the log ends at entry ${seq}; it should reach ${expected.seq}`;
    addProblem(verdict, NOWHERE, expected.seq, problem, { entry: seq + 1, how: 'cut' });
  }
  for (const { entry, how, problem } of tree?.finish(seq) ?? [])
    addProblem(verdict, NOWHERE, entry, problem, { entry, how });
}

/** What a walk carries from line to line. */
interface OnTheWay {
  chain: LineChain;
  kinds: FaultKinds;
}

/**
 * Follows the chain along the bytes of a portion. A line that does not simply follow is read in full, and judged.
 * @returns false when nothing behind it can be read.
 */
async function takePortion(
  verdict: AuditVerdict,
  { chain, kinds }: OnTheWay,
  portion: LogPortion,
  options: WalkOptions,
): Promise<boolean> {
  const unreadable = (): WrongEntry => ({ entry: verdict.head.seq + 1, how: 'unreadable' });
  if ('problem' in portion) {
    addProblem(verdict, portion, null, portion.problem, unreadable());
    options.tree?.stop();
    return true;
  }
  const { bytes, ends } = portion;
  const { expected, known, noted, tree } = options;
  noted?.begin(bytes);
  for (let index = 0; index < ends.length && verdict.problems.length < MAX_PROBLEMS; index += 1) {
    const walking = known?.reach(chain.head.seq + 1) ?? null;
    if (walking !== null) await walking;
    if (followLine(chain, portion, index, options)) {
      verdict.entries += 1;
      verdict.head = chain.head;
      if (chain.head.seq === expected?.seq) compareWithExpected(verdict, portion.placeOf(index), expected);
      takeAlong(verdict, portion, index, options);
      continue;
    }
    const found = await portion.read(index);
    const before = verdict.problems.length;
    if ('stub' in found) {
      takeStub(verdict, portion.placeOf(index), found.stub, options);
      chain.goOnFrom(verdict.head);
      continue;
    }
    if ('problem' in found) addProblem(verdict, portion.placeOf(index), null, found.problem, unreadable());
    else takeEntry(verdict, portion.placeOf(index), found, { kinds, expected });
    if (verdict.problems.length > before) tree?.stop();
    else takeAlong(verdict, portion, index, options);
    if ('isLast' in found) return false;
    chain.goOnFrom(verdict.head);
  }
  return true;
}

/** A stub stands at the beginning, or says where a piece of the log goes on, which must be where the one before has ended. */
function takeStub(
  verdict: AuditVerdict,
  place: Place,
  { last, ...rest }: AuditStub,
  { tree }: WalkOptions,
): void {
  const { head } = verdict;
  if (head.seq === last.seq && head.hash === last.hash) return;
  const isFirst = verdict.entries === 0 && verdict.problems.length === 0 && head.seq === GENESIS.seq;
  if (!isFirst) {
    const problem = `a stub in place of entries up to ${last.seq} stands behind entry ${head.seq}`;
    addProblem(verdict, place, null, problem, { entry: head.seq + 1, how: 'missing' });
    tree?.stop();
  }
  verdict.head = last;
  if (!isFirst) return;
  for (const { entry, how, problem } of tree?.begin({ last, ...rest }) ?? [])
    addProblem(verdict, place, entry, problem, { entry, how });
}

/** Hands a sound line on to what is checked besides the chain. */
function takeAlong(
  verdict: AuditVerdict,
  { bytes, starts, ends, placeOf }: Lines,
  index: number,
  { tree, clock }: WalkOptions,
): void {
  const [start = 0, end = 0] = [starts[index], ends[index]];
  const { seq } = verdict.head;
  clock?.take(bytes, start, seq);
  for (const { entry, how, problem } of tree?.take(bytes, start, end, seq) ?? [])
    addProblem(verdict, placeOf(index), seq, problem, { entry, how });
}

/** Says whether a line simply follows; a line that is known to is not hashed again. */
function followLine(
  chain: LineChain,
  { bytes, starts, ends, seqs }: Lines,
  index: number,
  { noted, known }: WalkOptions,
): boolean {
  const before = chain.head;
  if (seqs !== undefined && seqs[index] !== before.seq + 1) return false;
  const [start = 0, end = 0] = [starts[index], ends[index]];
  const next = known?.lines.nextOf(before, bytes, start, end) ?? null;
  if (next !== null) chain.goOnFrom(next);
  else if (!chain.follow(bytes, start, end)) return false;
  noted?.note(before, chain.head, start, end);
  return true;
}

type Lines = Exclude<LogPortion, { problem: string }>;

/** Checks one entry and goes on from what stands there, so that one fault is told once. */
function takeEntry(
  verdict: AuditVerdict,
  place: Place,
  { entry, text }: Extract<FoundLine, { entry: AuditEntry }>,
  { kinds, expected }: { kinds: FaultKinds; expected: AuditHead | undefined },
): void {
  const { head } = verdict;
  const fault = faultOf(head, entry, text);
  verdict.head = { seq: entry.seq, hash: entry.hash };
  verdict.entries += 1;
  if (fault !== null) addProblem(verdict, place, entry.seq, fault, kinds.judge(head, entry, isSound(entry)));
  else if (entry.seq === expected?.seq) compareWithExpected(verdict, place, expected);
}

function compareWithExpected(verdict: AuditVerdict, place: Place, expected: AuditHead): void {
  const { seq, hash } = verdict.head;
  if (hash !== expected.hash)
    addProblem(verdict, place, seq, `entry ${seq} is not the one that is remembered`, {
      entry: seq,
      how: 'changed',
    });
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

/** Text that is no valid Unicode has no canonical form, and no hash that could be right. */
function isSound(entry: AuditEntry): boolean {
  try {
    return isIntact(entry);
  } catch {
    return false;
  }
}

type Place = Pick<AuditProblem, 'file' | 'line'>;

/** What is wrong with no line in particular. */
export const NOWHERE = { line: null };

/** Adds to what is not as it was written. */
export function addProblem(
  verdict: AuditVerdict,
  { file, line }: Place,
  seq: number | null,
  problem: string,
  wrong: WrongEntry,
): void {
  verdict.problems.push({ ...(file === undefined ? {} : { file }), line, seq, problem, wrong });
}
