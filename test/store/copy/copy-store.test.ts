import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAgedStore } from '../../../scripts/benchmark/aged-store.ts';
import { verifyStore } from '../../../src/audit/verify.ts';
import { firstTrust } from '../../../src/domain/polling/trust.ts';
import { copyStore } from '../../../src/store/copy/copy-store.ts';
import { TABLES } from '../../../src/store/copy/tables.ts';
import { openSqliteCopyEnd, openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { PruneWalk } from '../../../src/watcher/keep/walk.ts';
import { aJob, aMuteRequest, anObservation, HOUR, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aCommit, aDraft, plan } from '../support.ts';

let directory: string;
let source: string;
let copies = 0;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A store with rows in every table, of which the oldest part was pruned. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'watcher-copy-'));
  source = join(directory, 'source.db');
  await makeAgedStore({ path: source, jobs: 400, auditEntries: 1_500, now: T0 });
  const store = await openSqliteStore({ path: source });
  // The last of them has gone: its number must not be given out anew.
  const { id } = await store.addMute(
    aMuteRequest({ createdAt: T0 - 900 * 24 * HOUR, until: T0 - 800 * 24 * HOUR }),
  );
  const walk = new PruneWalk({ store, clock: createManualClock(T0) }, T0 - 400 * 24 * HOUR);
  while (!walk.hasEnded) await walk.step();
  expect((await store.listMutes({})).map((mute) => mute.id)).not.toContain(id);
  await store.commitAlerts({ at: T0, raise: ['watch_failing/a'], clear: [], events: [], audit: [] });
  const lasting = { ...plan(1), reminders: [{ channel: 'oncall', everyMs: HOUR }] };
  const observations = [anObservation(aJob(['finished']))];
  await store.commitPoll(aCommit({ at: T0, observations, events: [lasting] }));
  await store.noteLook('orders/serverless/g/orders', T0);
  await store.noteSuccesses(new Map([['orders', T0]]), T0);
  const trust = firstTrust('cluster', T0);
  await store.noteFeedTrust([{ connection: 'atlas', kind: 'cluster', groupId: 'g', trust }], []);
  await store.close();
  fillEmptyTables(source);
});

/** A row in each table that still has none, whatever its columns are: one that is left out of a copy must be missed. */
function fillEmptyTables(path: string): void {
  const db = new DatabaseSync(path);
  for (const table of TABLES) {
    if (db.prepare(`select 1 from ${table}`).get() !== undefined) continue;
    const columns = db.prepare(`pragma table_info(${table})`).all();
    const values = columns.map(({ type }) => (type === 'TEXT' ? "'some'" : '1'));
    db.exec(`insert into ${table} values (${values.join(', ')})`);
  }
  db.close();
}

async function openEnds(given?: string) {
  copies += 1;
  const name = given ?? `copy-${copies}.db`;
  const [from, to] = [await openSqliteCopyEnd(source), await openSqliteCopyEnd(join(directory, name))];
  return { from, to, path: join(directory, name), close: () => Promise.all([from.close(), to.close()]) };
}

function contentOf(path: string): Record<string, unknown[]> {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = (table: string) =>
      db
        .prepare(`select * from ${table}`)
        .all()
        .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return Object.fromEntries([...TABLES, 'sqlite_sequence'].map((table) => [table, rows(table)]));
  } finally {
    db.close();
  }
}

describe('a copy of a store', () => {
  it('knows every table of the layout', () => {
    const db = new DatabaseSync(source, { readOnly: true });
    const tables = db
      .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
      .all();
    db.close();
    expect(TABLES.toSorted()).toEqual(tables.map(({ name }) => name as never).toSorted());
    const content = contentOf(source);
    expect(TABLES.filter((table) => content[table]?.length === 0)).toEqual([]);
  });

  it('is the same in every row, number and count, and has the same audit log', async () => {
    const ends = await openEnds();
    const copied = await copyStore(ends.from, ends.to);
    await ends.close();
    const [before, after] = [contentOf(source), contentOf(ends.path)];
    expect(after).toEqual(before);
    expect(copied).toEqual(TABLES.map((table) => ({ table, rows: before[table]?.length })));
    const stores = [await openSqliteStore({ path: source }), await openSqliteStore({ path: ends.path })];
    const [one, other] = await Promise.all(stores.map(verifyStore));
    expect(one?.problems).toEqual([]);
    expect(one?.entries).toBeGreaterThan(1_000);
    expect(other).toEqual(one);
    for (const store of stores) await store.close();
  });

  it('goes on as the original would', async () => {
    const ends = await openEnds();
    await copyStore(ends.from, ends.to);
    await ends.close();
    const goOn = async (path: string) => {
      const store = await openSqliteStore({ path });
      try {
        const mute = await store.addMute(aMuteRequest());
        await store.commitPoll(aCommit({ at: T0 + 9, events: [plan(9)], audit: [aDraft(9)] }));
        const [delivery] = (await store.listDeliveries({ limit: 1 })).items;
        return { mute, delivery, head: await store.auditHead(), counts: await store.countDeliveries(T0) };
      } finally {
        await store.close();
      }
    };
    const twin = join(directory, 'twin.db');
    const db = new DatabaseSync(source);
    db.exec(`vacuum into '${twin}'`);
    db.close();
    expect(await goOn(ends.path)).toEqual(await goOn(twin));
  });

  it('leaves the target empty when it breaks off, and can then be made', async () => {
    const ends = await openEnds();
    const stages: string[] = [];
    await expect(
      copyStore(ends.from, ends.to, ({ stage, rows, of }) => {
        stages.push(stage);
        if (stage === 'verifying' && rows > of / 2) throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(stages).toContain('copying');
    await ends.close();
    const empty = contentOf(ends.path);
    for (const table of TABLES) {
      expect([table, empty[table]?.length]).toEqual([
        table,
        ['audit_head', 'pruned'].includes(table) ? 1 : 0,
      ]);
    }
    const again = await openEnds(ends.path.slice(directory.length + 1));
    await copyStore(again.from, again.to);
    await again.close();
    expect(contentOf(ends.path).audit_entry).toEqual(contentOf(source).audit_entry);
  });

  it('is refused where somebody has used the target, and leaves that as it was', async () => {
    const ends = await openEnds();
    const used = await openSqliteStore({ path: ends.path });
    await used.recordAudit([aDraft()]);
    await used.close();
    const before = contentOf(ends.path);
    await expect(copyStore(ends.from, ends.to)).rejects.toMatchObject({
      reason: 'conflict',
      message: expect.stringContaining('is not empty'),
    });
    await ends.close();
    expect(contentOf(ends.path)).toEqual(before);
  });

  it('is refused, and undone, when the target does not give back what was written', async () => {
    const ends = await openEnds();
    const db = new DatabaseSync(ends.path);
    db.exec(
      "create trigger meddler after insert on event begin update event set watch = 'x' where position = new.position; end",
    );
    db.close();
    await expect(copyStore(ends.from, ends.to)).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringContaining('table event'),
    });
    await ends.close();
    expect(contentOf(ends.path).event).toEqual([]);
  });
});
