import { existsSync } from 'node:fs';
import { type AuditHead, GENESIS } from '../domain/audit.ts';
import type { AuditReader } from '../store/ports/audit.ts';
import { TORN_LAST_LINE } from './line-file.ts';
import { type AuditProblem, type AuditVerdict, verifyFile, verifyStore } from './verify.ts';

/** What a check of the whole audit log comes to: the chain in the store, the mirror file, and that both say the same. */
export interface AuditCheck {
  /** What was looked at, in reading order. */
  checked: Array<{ what: 'store' | 'file'; where: string; entries: number }>;
  /** The last sound entry: noted elsewhere, it proves later that nothing before it was changed. `null`: there is none. */
  head: AuditHead | null;
  /** Every one, in words. Empty: all is as it was written. */
  problems: string[];
}

/**
 * Checks the audit log in the store (where there is one) and in the file. Both hold the same chain, so a sound file that reaches an
 * entry of the store says the same as the store up to there.
 *
 * The file may lag behind, by as much as was not yet noted as mirrored: a process that was killed leaves it so, perhaps with a torn
 * last line, and the next one mends it. It must not end before that, and not go on behind the store.
 */
export async function checkAudit(
  store: AuditReader | null,
  where: { store: string; file: string },
): Promise<AuditCheck> {
  const inStore = store && (await verifyStore(store));
  const inFile = store ? await verifyMirror(store, where.file) : await verifyFile(where.file);
  const problems = [
    ...(inStore ? inStore.problems.map((problem) => inWords('store', problem)) : []),
    ...inFile.problems.map((problem) => inWords('file', problem)),
    ...(await cutStore(store, inFile)),
  ];
  const { head } = inStore ?? inFile;
  return {
    checked: [
      ...(inStore ? [{ what: 'store' as const, where: where.store, entries: inStore.entries }] : []),
      { what: 'file', where: where.file, entries: inFile.entries },
    ],
    head: head.seq === GENESIS.seq ? null : head,
    problems,
  };
}

async function verifyMirror(store: AuditReader, file: string): Promise<AuditVerdict> {
  const mirrored = await store.mirroredSeq();
  if (mirrored === 0 && !existsSync(file)) return { entries: 0, problems: [], head: GENESIS };
  const [expectedHead] = mirrored === 0 ? [] : await store.readAudit(mirrored - 1, 1);
  const verdict = await verifyFile(file, expectedHead ? { expectedHead } : {});
  const isTornLag =
    verdict.head.seq >= mirrored && verdict.problems.every(({ problem }) => problem === TORN_LAST_LINE);
  return isTornLag ? { ...verdict, problems: [] } : verdict;
}

async function cutStore(store: AuditReader | null, { head }: AuditVerdict): Promise<string[]> {
  if (store === null) return [];
  const { seq } = await store.auditHead();
  return head.seq > seq
    ? [`store: ends at entry ${seq}, but the file goes on to ${head.seq}: the store was cut`]
    : [];
}

function inWords(what: 'store' | 'file', { line, problem }: AuditProblem): string {
  return line === null ? `${what}: ${problem}` : `${what}, line ${line}: ${problem}`;
}
