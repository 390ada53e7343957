import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { makeAgedStore } from '../../scripts/benchmark/aged-store.ts';
import { verifyStore } from '../../src/audit/verify.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { T0 } from '../support/builders.ts';
import { startChild } from './child.ts';
import { temporaryDirectory } from './support.ts';

const KILLS = 4;
const OVER_BEFORE = T0 - 400 * 86_400_000;
const TABLES = { jobs: 'observation', events: 'event', deliveries: 'delivery', mutes: 'mute' } as const;

function countsOf(path: string) {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const one = (sql: string) => db.prepare(sql).get();
    const rows = Object.entries(TABLES).map(([what, table]) => [
      what,
      one(`select count(*) as n from ${table}`)?.n,
    ]);
    const { jobs, events, deliveries, mutes } = one('select * from pruned') ?? {};
    return {
      rows: Object.fromEntries(rows) as Record<keyof typeof TABLES, number>,
      untold: { jobs, events, deliveries, mutes } as Record<keyof typeof TABLES, number>,
      kept: one('select count(*) as n from pruned_job')?.n,
      orphans: one('select count(*) as n from delivery where event_id not in (select id from event)')?.n,
    };
  } finally {
    db.close();
  }
}

it('pruning that is killed again and again takes each row once, leaves nothing half, and tells all of it in the audit log', async () => {
  const path = join(temporaryDirectory(), 'watcher.db');
  await makeAgedStore({ path, jobs: 300, auditEntries: 600, now: T0 });
  const before = countsOf(path);
  const gone = ({ rows }: typeof before) => ({
    jobs: before.rows.jobs - rows.jobs,
    events: before.rows.events - rows.events,
    deliveries: before.rows.deliveries - rows.deliveries,
    mutes: before.rows.mutes - rows.mutes,
  });
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = startChild('prune-in-steps', path, String(OVER_BEFORE));
    await child.printed(1 + Math.floor(Math.random() * 15));
    await child.kill();
    const after = countsOf(path);
    expect(after.untold).toEqual(gone(after));
    expect([after.kept, after.orphans]).toEqual([after.untold.jobs, 0]);
  }
  expect(await startChild('prune-in-steps', path, String(OVER_BEFORE)).ended()).toBe(0);
  const end = countsOf(path);
  expect(gone(end).jobs).toBeGreaterThan(50);
  expect(end.untold).toEqual({ jobs: 0, events: 0, deliveries: 0, mutes: 0 });
  const store = await openSqliteStore({ path });
  const { seq } = await store.auditHead();
  const [entry] = await store.readAudit(seq - 1, 1);
  expect(entry).toMatchObject({ kind: 'store.pruned', data: gone(end) });
  expect((await verifyStore(store)).problems).toEqual([]);
  await store.close();
}, 120_000);
