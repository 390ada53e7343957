import { setTimeout as delay } from 'node:timers/promises';
import { type AuditHead, GENESIS } from '../domain/audit.ts';
import { type AuditProblem, type AuditVerdict, verifyFile, verifyStore } from './audit-verify.ts';
import type { Store } from './store.ts';

/** What a check of the whole audit log comes to: the chain in the store, the mirror file, and that both say the same. */
export interface AuditCheck {
  checked: Array<{ what: 'store' | 'file'; where: string; entries: number }>;
  /** The last sound entry; `null` when there is none. */
  head: AuditHead | null;
  /** In words; empty when all is as it was written. */
  problems: string[];
}

/** A running daemon brings the file up to date within this time. */
const MIRROR_LAG_MS = 1_000;

/**
 * Checks the store (where there is one) and the file. Both hold the same chain, so a file that is sound and reaches the store's last
 * entry says the same as the store; one that goes on behind it proves that the store was cut.
 */
export async function checkAudit(
  store: Pick<Store, 'readAudit' | 'auditHead'> | null,
  where: { store: string; file: string },
): Promise<AuditCheck> {
  const inStore = store && (await verifyStore(store));
  const inFile = await verifyMirror(where.file, store && (await store.auditHead()));
  const problems = [
    ...(inStore ? inStore.problems.map((problem) => inWords('store', problem)) : []),
    ...inFile.problems.map((problem) => inWords('file', problem)),
    ...(await cutStore(store, inFile)),
  ];
  const head = (inStore ?? inFile).head;
  return {
    checked: [
      ...(inStore ? [{ what: 'store' as const, where: where.store, entries: inStore.entries }] : []),
      { what: 'file', where: where.file, entries: inFile.entries },
    ],
    head: head.seq === GENESIS.seq ? null : head,
    problems,
  };
}

/** A daemon may be at work: a file that merely has not caught up yet gets a second look. */
async function verifyMirror(file: string, expectedHead: AuditHead | null): Promise<AuditVerdict> {
  const options = expectedHead ? { expectedHead } : {};
  const verdict = await verifyFile(file, options);
  if (verdict.problems.length === 0 || expectedHead === null) return verdict;
  await delay(MIRROR_LAG_MS);
  return verifyFile(file, options);
}

async function cutStore(store: Pick<Store, 'auditHead'> | null, { head }: AuditVerdict): Promise<string[]> {
  if (store === null) return [];
  const { seq } = await store.auditHead();
  return head.seq > seq
    ? [`store: ends at entry ${seq}, but the file goes on to ${head.seq}: the store was cut`]
    : [];
}

function inWords(what: 'store' | 'file', { line, problem }: AuditProblem): string {
  return line === null ? `${what}: ${problem}` : `${what}, line ${line}: ${problem}`;
}
