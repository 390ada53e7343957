import { type AuditStub, stubFault } from '../domain/evidence/audit-stub.ts';
import {
  EMPTY_FRONTIER,
  type Frontier,
  growFrontier,
  leafHash,
  rootOf,
  type TreeHead,
} from '../domain/evidence/audit-tree.ts';
import { type VerifierKey, verifierKeyText } from '../domain/evidence/signed-note.ts';
import { type CosignatureCheck, createCosignatureCheck } from './cosignature-check.ts';
import type { TreeProblem } from './fault-kind.ts';
import { SIGNED_KINDS, SignedEntries, type SignedKind } from './signed-entries.ts';

/** How a log should stand at some size: what somebody has kept of it, or says of it. */
export interface KnownTree extends TreeHead {
  /** Who says so, for people: `the checkpoint FILE`. */
  source: string;
  /** `kept`: a checkpoint that somebody has kept elsewhere; `own`: the last one of the store; `beside`: the tree beside the log. */
  from: 'kept' | 'own' | 'beside';
}

/** What a log is checked against besides itself. */
export interface TreeCheckOptions {
  known?: readonly KnownTree[];
  /** The key that checkpoints are signed by; `null`: whatever the log itself says. */
  key?: VerifierKey | null;
  /** Whose cosignatures in the log are looked at; those of others are not. */
  witnesses?: readonly VerifierKey[];
}

/** Grows the tree along a log, and compares it with every checkpoint that is met in it or known from elsewhere. */
export interface TreeCheck {
  /** Begins behind what a stub stands for, in place of the first entry. @returns what is wrong with the stub. */
  begin(stub: AuditStub): TreeProblem[];
  /** Takes the next line, of entry `seq`. Once something is wrong with the chain, nothing is said of the tree behind it. */
  take(bytes: Buffer, start: number, end: number, seq: number): TreeProblem[];
  /** Something is wrong with the chain: what follows has another tree in any case. */
  stop(): void;
  /** Tells what shows only at the end, which is entry `last`. */
  finish(last: number): TreeProblem[];
  /** Checkpoints, in the log or known from elsewhere, that agree with it. */
  readonly agreeing: number;
  /** Entries that a stub stands for; 0: the log begins with its first entry. */
  readonly pruned: number;
  /** What each witness has cosigned last. */
  readonly cosigned: CosignatureCheck['last'];
  /** Something was wrong: nothing was compared from there on. */
  readonly isStopped: boolean;
}

const KIND = Buffer.from('"kind":"checkpoint.');
/** What stands behind the name of the kind, but for the number: `"prev":"…","seq":` and `,"v":1}`. */
const TAIL_BYTES = '","prev":"","seq":,"v":1}'.length + 64;
const PRUNED = Buffer.from('"kind":"audit.pruned"');

/** Begins with the first entry. */
export function createTreeCheck(options: TreeCheckOptions): TreeCheck {
  const { known = [], key: given = null, witnesses = [] } = options;
  // Of a tree without leaves there is nothing to compare.
  const due = known.filter(({ size }) => size > 0).toSorted((a, b) => a.size - b.size);
  let next = 0;
  let tree: Frontier = EMPTY_FRONTIER;
  let isStopped = false;
  let pruned = 0;
  /** An entry of the log itself says that it was cut there. */
  let isCutOnRecord = false;
  const cosignatures = createCosignatureCheck(witnesses, () => pruned);
  const signed = new SignedEntries(given, cosignatures);

  const compareKnown = (): TreeProblem[] => {
    const problems: TreeProblem[] = [];
    // Of what is pruned there is nothing left to compare.
    while ((due[next]?.size ?? tree.size) < pruned) next += 1;
    for (let one = due[next]; one !== undefined && one.size === tree.size; one = due[next]) {
      next += 1;
      if (one.root.equals(rootOf(tree))) signed.agreeing += one.from === 'kept' ? 1 : 0;
      else
        problems.push({
          entry: one.size,
          how: 'other_history',
          problem: `${one.source}: its ${one.size} entries are not the first ${one.size} of this log`,
        });
    }
    return problems;
  };

  return {
    get agreeing() {
      return signed.agreeing;
    },
    get cosigned() {
      return cosignatures.last;
    },
    get isStopped() {
      return isStopped;
    },
    get pruned() {
      return pruned;
    },
    begin: (stub) => {
      const fault = stubFault(stub, given);
      tree = stub.frontier;
      pruned = stub.last.seq;
      signed.begin(stub.key, pruned);
      const wrong = { entry: pruned, how: 'signature' as const };
      const problems =
        fault === null ? [] : [{ ...wrong, problem: `the stub in place of entry ${pruned}: ${fault}` }];
      if (fault === null) signed.agreeing += 1;
      else isStopped = true;
      return isStopped ? problems : compareKnown();
    },
    stop: () => {
      isStopped = true;
    },
    take: (bytes, start, end, seq) => {
      if (isStopped) return [];
      if (pruned > 0 && tellsOfCut(bytes.subarray(start, end), pruned)) isCutOnRecord = true;
      // The checkpoint is about what stands before it.
      const kind = kindOf(bytes, end, seq);
      const problems =
        kind === null ? [] : signed.take(kind, dataOf(bytes.toString('utf8', start, end)), seq, tree);
      tree = growFrontier(tree, [leafHash(bytes.subarray(start, end))]);
      problems.push(...compareKnown());
      if (problems.length > 0) isStopped = true;
      return problems;
    },
    finish: (last) => {
      const unsaid = pruned > 0 && !isCutOnRecord && !isStopped ? [unsaidCut(pruned)] : [];
      return [...unsaid, ...cutBehind(due, last, isStopped), ...otherKey(given, signed.own)];
    },
  };
}

function unsaidCut(pruned: number): TreeProblem {
  const problem = `the first ${pruned} entries are gone, and no entry says that they were pruned`;
  return { entry: 1, how: 'cut', problem };
}

/** What is known of entries behind the last one. Of the log's own checkpoint nothing is said once something was wrong before it. */
function cutBehind(due: readonly KnownTree[], last: number, isStopped: boolean): TreeProblem[] {
  return due
    .filter(({ size, from }) => size > last && (from === 'kept' || (from === 'own' && !isStopped)))
    .map(({ size, source }) => ({
      entry: last + 1,
      how: 'cut' as const,
      problem: `${source} knows ${size} entries, but the log ends at entry ${last}: it was cut, or is an older copy`,
    }));
}

function otherKey(given: VerifierKey | null, own: { key: VerifierKey; since: number } | null): TreeProblem[] {
  if (given === null || own === null || verifierKeyText(given) === verifierKeyText(own.key)) return [];
  const problem = `from entry ${own.since} on, the log is signed by another key than the one given`;
  return [{ entry: own.since, how: 'signature', problem }];
}

/** Says whether the entry of this line says that the log was cut behind that entry. */
function tellsOfCut(line: Buffer, last: number): boolean {
  return line.includes(PRUNED) && dataOf(line.toString('utf8')).last === last;
}

/** The kind of the entry whose line ends there, when it is about checkpoints. Every other line costs a comparison of some bytes. */
function kindOf(bytes: Buffer, end: number, seq: number): SignedKind | null {
  const digits = String(seq).length;
  return (
    SIGNED_KINDS.find((kind) => {
      const at = end - TAIL_BYTES - digits - kind.length - KIND.length;
      return (
        at >= 0 &&
        bytes.compare(KIND, 0, KIND.length, at, at + KIND.length) === 0 &&
        bytes.toString('latin1', at + KIND.length, at + KIND.length + kind.length) === kind
      );
    }) ?? null
  );
}

function dataOf(line: string): Readonly<Record<string, unknown>> {
  const { data } = JSON.parse(line) as { data: Readonly<Record<string, unknown>> };
  return data;
}
