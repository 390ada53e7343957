import { DatabaseSync } from 'node:sqlite';
import { checkAudit } from '../../src/audit/check.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type Home, runCommand } from '../support/daemon.ts';

/** Looks into a home's store, beside a daemon or after one. */
export async function lookInto<T>(home: Pick<Home, 'store'>, look: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(home.store, { mode: 'readonly' });
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}

/** What is wrong with the audit log: what `audit verify` comes to, without a process of its own. */
export async function auditProblems(home: Home): Promise<string[]> {
  const where = { store: home.dbFile, files: [home.auditFile] };
  return (await lookInto(home, (store) => checkAudit(store, where))).problems;
}

/** What the command `audit verify` finds wrong. */
export async function verifyByCommand(home: Home): Promise<string[]> {
  const { stdout, stderr } = await runCommand(['audit', 'verify', '--json', '--config', home.configFile], {
    cwd: home.dir,
  });
  try {
    return (JSON.parse(stdout) as { problems: string[] }).problems;
  } catch (cause) {
    throw new Error(`audit verify has no verdict:\n${stdout}\n${stderr}`, { cause });
  }
}

/** One delivery of the audit log, where that kind of entry is about one. */
export interface AuditedDelivery {
  kind: string;
  channel: string;
  deliveryId: string;
  eventId: string;
  event: string;
  attempt: number;
}

/** The entries about deliveries, in order. */
export async function auditedDeliveries(home: Pick<Home, 'store'>): Promise<AuditedDelivery[]> {
  const entries = await lookInto(home, (store) => store.readAudit(0, 1_000_000));
  return entries
    .filter(({ kind }) => kind.startsWith('delivery.'))
    .map(({ kind, data }) => ({ ...(data as Omit<AuditedDelivery, 'kind'>), kind }));
}

/** True once nothing is owed to anybody. */
export async function isAllDelivered(home: Pick<Home, 'store'>): Promise<boolean> {
  const counts = await lookInto(home, (store) => store.countDeliveries(Date.now()));
  return counts.every(({ status, count }) => status === 'delivered' || count === 0);
}

/** How many deliveries have been given up and not redriven. */
export async function countGivenUp(home: Home): Promise<number> {
  const counts = await lookInto(home, (store) => store.countDeliveries(Date.now()));
  return counts.filter(({ status }) => status === 'given_up').reduce((sum, { count }) => sum + count, 0);
}

/** The ids of the deliveries that a killed daemon had in hand: claimed, and no outcome recorded. Its successor frees them at its start. */
export function deliveriesInHand({ dbFile }: Home): Set<string> {
  const db = new DatabaseSync(dbFile, { readOnly: true });
  try {
    const rows = db.prepare('select id from delivery where lease_owner is not null').all();
    return new Set(rows.map(({ id }) => String(id)));
  } finally {
    db.close();
  }
}
