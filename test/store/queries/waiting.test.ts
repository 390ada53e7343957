import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import { MINUTE, T0 } from '../../support/builders.ts';
import { aCommit, plan } from '../support.ts';

it('makes due what waits for a channel in one statement, by an index that holds nothing else', async () => {
  const queries: CompiledQuery[] = [];
  const connection = openConnection(':memory:', { readOnly: false });
  migrate(connection, ':memory:');
  const db = new Kysely<Database>({
    dialect: new SqliteDialect({ database: kyselyDatabase(connection) }),
    log: ({ query }) => {
      queries.push(query);
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

  const numbers = Array.from({ length: 100 }, (_, index) => index);
  await store.commitPoll(aCommit({ events: numbers.map((number) => plan(number, { job: number })) }));
  const claim = { channel: 'oncall', owner: 'me', leaseMs: 15_000, perKey: 'head' } as const;
  const claimed = await store.claimDeliveries({ ...claim, now: T0 + 1_000, limit: 99 });
  const refused = { kind: 'retry', at: T0 + 2_000, nextAttemptAt: T0 + 60 * MINUTE, detail: '503' } as const;
  await store.recordOutcomes(
    claimed.map(({ id }) => ({ ...refused, id })),
    [],
  );
  const [last] = await store.claimDeliveries({ ...claim, now: T0 + MINUTE, limit: 1 });
  queries.length = 0;
  await store.recordOutcomes([{ id: last?.id ?? '', kind: 'delivered', at: T0 + MINUTE, detail: 'ok' }], []);

  const waking = queries.filter(({ sql }) => sql.includes('"made_due" = '));
  expect(waking).toHaveLength(1);
  const explained = connection
    .prepare(`explain query plan ${waking[0]?.sql}`)
    .all(...((waking[0]?.parameters ?? []) as number[]));
  expect(explained.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('USING INDEX delivery_refused (channel=? AND next_attempt_at>?)'),
  ]);
  expect(await store.claimDeliveries({ ...claim, now: T0 + MINUTE, limit: 200 })).toHaveLength(99);
});
