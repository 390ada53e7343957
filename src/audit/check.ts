import { existsSync } from 'node:fs';
import { type AuditHead, GENESIS } from '../domain/audit.ts';
import { rootOf } from '../domain/evidence/audit-tree.ts';
import { checkpointFault, parseCheckpoint } from '../domain/evidence/checkpoint.ts';
import { parseVerifierKey, type VerifierKey } from '../domain/evidence/signed-note.ts';
import type { WrongEntry } from '../domain/evidence/wrong-entry.ts';
import { toIso } from '../domain/instant.ts';
import type { AuditReader } from '../store/ports/audit.ts';
import type { KeptCheckpoint } from './checkpoints/known-checkpoints.ts';
import { createClockCheck } from './clock-check.ts';
import { type AuditEvidence, NO_EVIDENCE } from './evidence.ts';
import { TORN_LAST_LINE } from './line-file.ts';
import { inOrder, piecesUpTo, readPiece } from './pieces.ts';
import { createTreeCheck, type KnownTree, type TreeCheck } from './tree-check.ts';
import { type StoreWalk, verifyFiles, walkStore } from './verify.ts';
import type { AuditProblem, AuditVerdict } from './walk.ts';

/** Entries read from the store at a time. */
const PAGE = 500;

/** What a check of the whole audit log comes to: the chain in the store, the mirror file, and that both say the same. */
export interface AuditCheck {
  /** What was looked at, in reading order. */
  checked: Array<{ what: 'store' | 'file'; where: string; entries: number }>;
  /** The last sound entry: noted elsewhere, it proves later that nothing before it was changed. `null`: there is none. */
  head: AuditHead | null;
  /** Every one, in words. Empty: all is as it was written. */
  problems: string[];
  /** The first entry that is wrong, and how; `null`: none is. */
  first: WrongEntry | null;
  /** Checkpoints that agree with the log: those in it, and those that were given. */
  checkpoints: number;
  /** What is no fault, and what an auditor should know. */
  notes: string[];
}

/**
 * Checks the audit log in the store (where there is one) and in the file. Both hold the same chain, so a sound file that reaches an
 * entry of the store says the same as the store up to there.
 *
 * The file may lag behind, by as much as was not yet noted as mirrored: a process that was killed leaves it so, perhaps with a torn
 * last line, and the next one mends it. It must not end before that, and not go on behind the store.
 *
 * `where.files` are all files of the log, in any order; or one, and then those that a rotation has left beside it are added.
 */
export async function checkAudit(
  store: AuditReader | null,
  where: { store: string; files: readonly string[] },
  evidence: AuditEvidence = NO_EVIDENCE,
): Promise<AuditCheck> {
  const own = store === null ? null : await ownEvidence(store);
  const key = evidence.key ?? own?.key ?? null;
  const known = [...(own?.known ?? []), ...evidence.kept.map(knownTree)];
  const along = {
    tree: createTreeCheck({ known, key, witnesses: evidence.witnesses ?? [] }),
    clock: createClockCheck(),
  };
  const storeWalk = store && (await walkStore(store, along));
  const [first = '', ...others] = where.files;
  const files = others.length === 0 ? await piecesUpTo(first) : await inOrder(where.files);
  // In step with the store, so that what stands in both is hashed once.
  const inFile =
    store && storeWalk ? await verifyMirror(store, storeWalk, files) : await verifyFiles(files, along);
  const inStore = storeWalk && (await storeWalk.finish());
  const problems = [
    ...(inStore ? inStore.problems.map((problem) => inWords('store', problem)) : []),
    ...inFile.problems.map((problem) => inWords('file', problem, files.length > 1)),
    ...(await cutStore(store, inFile)),
    ...evidence.faults,
    ...evidence.kept.flatMap((kept) => unsigned(kept, key)),
    ...uncosigned(along.tree, evidence),
  ];
  const { head } = inStore ?? inFile;
  return {
    checked: [
      ...(inStore ? [{ what: 'store' as const, where: where.store, entries: inStore.entries }] : []),
      { what: 'file', where: files.join(', '), entries: inFile.entries },
    ],
    head: head.seq === GENESIS.seq ? null : head,
    problems,
    first: firstOf([...(inStore?.problems ?? []), ...inFile.problems]),
    checkpoints: along.tree.agreeing,
    notes: notesOn(along, { head, key: evidence.key }),
  };
}

/** What the store itself says of its log: the tree beside it, the last checkpoint, the key. */
async function ownEvidence(store: AuditReader): Promise<{ known: KnownTree[]; key: VerifierKey | null }> {
  const { key, last } = await store.lastCheckpoint();
  const { tree } = await store.auditTree();
  const checkpoint = last === null ? null : parseCheckpoint(last.note);
  return {
    key: key === null ? null : parseVerifierKey(key),
    known: [
      ...(checkpoint === null
        ? []
        : [{ ...checkpoint, source: 'the last checkpoint of the store', from: 'own' as const }]),
      ...(tree === null
        ? []
        : [
            {
              size: tree.size,
              root: rootOf(tree),
              source: 'the tree beside the log',
              from: 'beside' as const,
            },
          ]),
    ],
  };
}

function knownTree({ checkpoint: { size, root }, source }: KeptCheckpoint): KnownTree {
  return { size, root, source, from: 'kept' };
}

function unsigned({ checkpoint, source }: KeptCheckpoint, key: VerifierKey | null): string[] {
  const fault = key === null ? null : checkpointFault(checkpoint, key);
  return fault === null ? [] : [`${source}: ${fault}`];
}

/** A witness that is named has cosigned something: where no kept checkpoint says so, the log does. */
function uncosigned({ cosigned, isStopped }: TreeCheck, { isCosignedElsewhere }: AuditEvidence): string[] {
  if (isStopped || isCosignedElsewhere) return [];
  return cosigned.flatMap(({ witness, cosigned: last }) =>
    last === null ? [`${witness} has cosigned nothing in this log`] : [],
  );
}

function firstOf(problems: readonly AuditProblem[]): WrongEntry | null {
  return problems.reduce<WrongEntry | null>(
    (first, { wrong }) => (first === null || wrong.entry < first.entry ? wrong : first),
    null,
  );
}

function notesOn(
  { tree, clock }: { tree: TreeCheck; clock: { note: string | null } },
  { head, key }: { head: AuditHead; key: VerifierKey | null },
): string[] {
  // Behind the first fault no checkpoint is looked at.
  const isUnsigned = head.seq > 0 && tree.agreeing === 0 && !tree.isStopped;
  return [
    ...(tree.pruned > 0
      ? [`entries up to ${tree.pruned} are pruned: a signed stub stands in their place`]
      : []),
    ...(clock.note === null ? [] : [clock.note]),
    ...tree.cosigned.flatMap(({ witness, cosigned }) =>
      cosigned === null
        ? []
        : [`${witness} has cosigned the first ${cosigned.size} entries at ${toIso(cosigned.at * 1_000)}`],
    ),
    ...(isUnsigned ? ['nothing in this log is signed yet: it may have been written anew as a whole'] : []),
    ...(key === null && !isUnsigned
      ? ['checked with the key that the log names itself; give the one that you have kept with --key']
      : []),
  ];
}

async function verifyMirror(
  store: AuditReader,
  storeWalk: StoreWalk,
  files: readonly string[],
): Promise<AuditVerdict> {
  const mirrored = await store.mirroredSeq();
  if (mirrored === 0 && !files.some((file) => existsSync(file)))
    return { entries: 0, problems: [], head: GENESIS };
  const [expectedHead] = mirrored === 0 ? [] : await store.readAudit(mirrored - 1, 1);
  const before = await rotatedAway(store, files[0] ?? '');
  const verdict = await verifyFiles(files, { expectedHead, before, store: storeWalk });
  const isTornLag =
    verdict.head.seq >= mirrored && verdict.problems.every(({ problem }) => problem === TORN_LAST_LINE);
  return isTornLag ? { ...verdict, problems: [] } : verdict;
}

/**
 * Finds the entry that the first file goes on behind, where the pieces before it are gone: only where the log itself says that there
 * was a rotation, or cutting off the beginning would be no fault.
 */
async function rotatedAway(store: AuditReader, file: string): Promise<AuditHead> {
  const piece = await readPiece(file);
  const last = (piece?.first ?? 1) - 1;
  if (last < 1 || piece?.hasStub) return GENESIS;
  for (let after = last - 1; ; ) {
    const entries = await store.readAudit(after, PAGE);
    if (entries.length === 0) return GENESIS;
    const isRotation = entries.some(({ kind, data }) => kind === 'mirror.rotated' && data.last === last);
    if (isRotation) return (await store.readAudit(last - 1, 1))[0] ?? GENESIS;
    after = entries.at(-1)?.seq ?? after;
  }
}

async function cutStore(store: AuditReader | null, { head }: AuditVerdict): Promise<string[]> {
  if (store === null) return [];
  const { seq } = await store.auditHead();
  return head.seq > seq
    ? [`store: ends at entry ${seq}, but the file goes on to ${head.seq}: the store was cut`]
    : [];
}

function inWords(what: 'store' | 'file', { file, line, problem }: AuditProblem, isOneOfMany = false): string {
  const where = isOneOfMany && file !== undefined ? `${what} ${file}` : what;
  return line === null ? `${where}: ${problem}` : `${where}, line ${line}: ${problem}`;
}
