import { type CompiledQuery, Kysely, SqliteDialect, SqliteQueryCompiler } from 'kysely';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import { T0 } from '../../support/builders.ts';
import { aCommit, aDraft, plan } from '../support.ts';

const CLAIM = { channel: 'oncall', owner: 'me', now: T0 + 1_000, leaseMs: 15_000, limit: 4 } as const;

/** A store that owes ten events about different jobs, and the statements that change or look something up in it from then on. */
async function aStore() {
  const queries: CompiledQuery[] = [];
  const connection = openConnection(':memory:', { readOnly: false });
  migrate(connection, ':memory:');
  const db = new Kysely<Database>({
    dialect: new SqliteDialect({ database: kyselyDatabase(connection) }),
    log: ({ query }) => {
      if (/^(?:select|update)/.test(query.sql)) queries.push(query);
    },
  });
  const store = createSqlStore({
    db,
    fence: null,
    join: async ({ name }) => ({ kind: 'alone', replica: name }),
    close: () => db.destroy(),
    toStoreError: (thrown) => thrown,
  });
  onTestFinished(() => store.close());
  const numbers = Array.from({ length: 10 }, (_, index) => index);
  await store.commitPoll(aCommit({ events: numbers.map((number) => plan(number, { job: number })) }));
  queries.length = 0;
  return { connection, store, queries };
}

it.each(['head', 'run'] as const)(
  'claims what is due (%s) without stepping over all that is owed, or sorting it',
  async (perKey) => {
    const { connection, store, queries } = await aStore();
    expect(await store.claimDeliveries({ ...CLAIM, perKey })).toHaveLength(4);
    const steps = queries.flatMap(({ sql, parameters }) =>
      connection
        .prepare(`explain query plan ${sql}`)
        .all(...(parameters as number[]))
        .map(({ detail }) => String(detail))
        // What is claimed is put in order after it was read by its place.
        .filter((detail) => /delivery|\bd\b|earlier/.test(detail)),
    );
    const look = [
      'SEARCH d USING INDEX delivery_next (channel=?)',
      'SEARCH earlier USING INDEX delivery_order (channel=? AND order_key=? AND <expr><?)',
    ];
    expect(steps).toEqual([
      ...look,
      ...look,
      'SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH delivery USING INDEX delivery_parts (part_of=?)',
      'SEARCH delivery USING INDEX delivery_order (channel=? AND order_key=?)',
    ]);
  },
);

it('records what was accepted in the same words in one statement, each at its own time, and other words in another', async () => {
  const { store, queries } = await aStore();
  const claimed = await store.claimDeliveries({ ...CLAIM, perKey: 'head', limit: 10 });
  const ends = (text: string) => queries.filter(({ sql }) => sql.includes(text)).length;
  const accepted = claimed
    .slice(0, 8)
    .map(({ id }, index) => ({ id, kind: 'delivered' as const, at: T0 + index, detail: '' }));
  await store.recordOutcomes(accepted, [], 'me');
  expect(ends('"ended_at" = ')).toBe(1);
  await store.recordOutcomes(
    claimed.slice(8).map(({ id }, index) => ({ id, kind: 'delivered', at: T0 + 8, detail: `${index}` })),
    [],
    'me',
  );
  expect(ends('"ended_at" = ')).toBe(3);
  const { items } = await store.listDeliveries({ limit: 20 });
  expect(
    items
      .toSorted((a, b) => Number(a.endedAt) - Number(b.endedAt))
      .map(({ status, attemptsFinished, endedAt }) => [status, attemptsFinished, Number(endedAt) - T0]),
  ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 8].map((ms) => ['delivered', 1, ms]));
});

it('builds no statement anew because three are claimed and recorded at once in place of four', async () => {
  const { store } = await aStore();
  const deliver = async (limit: number) => {
    const claimed = await store.claimDeliveries({ ...CLAIM, perKey: 'head', limit });
    expect(claimed).toHaveLength(limit);
    const ends = claimed.map(({ id }) => ({ id, kind: 'delivered' as const, at: T0, detail: '' }));
    await store.recordOutcomes(ends, [], 'me');
  };
  await deliver(4);
  const compile = vi.spyOn(SqliteQueryCompiler.prototype, 'compileQuery');
  onTestFinished(() => compile.mockRestore());
  await deliver(3);
  expect(compile).not.toHaveBeenCalled();
});

it('builds the statements of claiming and recording once, however often that is done', async () => {
  const { store, queries } = await aStore();
  const deliverTwo = async () => {
    const claimed = await store.claimDeliveries({ ...CLAIM, perKey: 'head', limit: 2 });
    const ends = claimed.map(({ id }) => ({ id, kind: 'delivered' as const, at: T0, detail: '' }));
    await store.recordOutcomes(ends, [aDraft(1)], 'me');
  };
  await deliverTwo();
  const compile = vi.spyOn(SqliteQueryCompiler.prototype, 'compileQuery');
  queries.length = 0;
  await deliverTwo();
  await deliverTwo();
  expect(queries.length).toBeGreaterThan(10);
  expect(compile).not.toHaveBeenCalled();
});
