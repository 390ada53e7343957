import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findLate } from '../../../src/store/queries/outbox/fallbacks.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { MIGRATIONS } from '../../../src/store/sqlite/layout/migrations.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aCommit, plan } from '../support.ts';

const AT = T0 + HOUR;
const TO_DBA = { channel: 'oncall', fallback: 'dba', notAcceptedSince: AT - 10 * MINUTE, at: AT } as const;
const TO_SIEM = { ...TO_DBA, fallback: 'siem' } as const;
const MANY = 120;

/** A store that owes much to a channel, some of it to the fallback as well by a route, and the statements it makes from then on. */
async function aStore() {
  const statements: string[] = [];
  const connection = openConnection(':memory:', { readOnly: false });
  migrate(connection, ':memory:');
  const db = new Kysely<Database>({
    dialect: new SqliteDialect({ database: kyselyDatabase(connection) }),
    log: ({ query }) => void statements.push(query.sql),
  });
  const store = createSqlStore({
    db,
    fence: null,
    join: async ({ name }) => ({ kind: 'alone', replica: name }),
    close: () => db.destroy(),
    toStoreError: (thrown) => thrown,
  });
  onTestFinished(() => store.close());
  const numbers = Array.from({ length: MANY }, (_, index) => index);
  const channelsOf = (number: number) => (number % 3 === 0 ? ['oncall', 'dba'] : ['oncall']);
  await store.commitPoll(
    aCommit({ events: numbers.map((number) => plan(number, { job: number, channels: channelsOf(number) })) }),
  );
  for (let number = 0; number < MANY; number += 2) {
    const id = `${plan(number).event.id}:oncall`;
    await store.recordOutcomes([{ id, kind: 'given_up', at: T0, detail: '404' }], []);
  }
  statements.length = 0;
  return { connection, db, store, statements };
}

describe('a look for what a fallback is to get', () => {
  it('looks at each delivery once, however long it stays owed or given up', async () => {
    const { db, store, statements } = await aStore();
    expect(await findLate(db, TO_DBA)).toHaveLength(MANY);
    expect(await store.oweFallbacks(TO_DBA)).toHaveLength((MANY * 2) / 3);
    expect(await findLate(db, TO_DBA)).toEqual([]);

    statements.length = 0;
    expect(await store.oweFallbacks({ ...TO_DBA, at: AT + 5_000 })).toEqual([]);
    expect(statements.map((sql) => sql.slice(0, 6))).toEqual(['select', 'select']);

    await store.redrive('given_up', AT);
    expect(await findLate(db, { ...TO_DBA, notAcceptedSince: AT })).toEqual([]);
    await store.commitPoll(aCommit({ at: T0, events: [plan(MANY, { job: 1 })] }));
    expect(await findLate(db, TO_DBA)).toHaveLength(1);
  });

  it('looks at each once more for another fallback', async () => {
    const { db, store } = await aStore();
    await store.oweFallbacks(TO_DBA);
    expect(await store.oweFallbacks(TO_SIEM)).toHaveLength(MANY);
    expect(await findLate(db, TO_SIEM)).toEqual([]);
    expect(await findLate(db, TO_DBA)).toHaveLength(MANY);
    expect(await store.oweFallbacks(TO_DBA)).toEqual([]);
    expect(await findLate(db, TO_DBA)).toEqual([]);
  });

  it('writes down what a route leads to as well a thousand at a time', async () => {
    const { db, store, statements } = await aStore();
    const numbers = Array.from({ length: 2_001 }, (_, index) => MANY + index);
    const channels = ['tickets', 'dba'];
    await store.commitPoll(
      aCommit({ events: numbers.map((number) => plan(number, { job: number, channels })) }),
    );
    statements.length = 0;
    expect(await store.oweFallbacks({ ...TO_DBA, channel: 'tickets' })).toEqual([]);
    expect(statements.filter((sql) => sql.startsWith('update'))).toHaveLength(3);
    expect(await findLate(db, { ...TO_DBA, channel: 'tickets' })).toEqual([]);
  });

  it('finds the place of each by all that it asks for', async () => {
    const { connection, db, statements } = await aStore();
    await findLate(db, TO_DBA);
    const steps = statements.map((sql) =>
      connection
        .prepare(`explain query plan ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
        .find((detail) => /\bd\b/.test(detail)),
    );
    const by = '(channel=? AND covered_by=? AND <expr>>? AND <expr><?)';
    expect(steps).toEqual([
      `SEARCH d USING INDEX delivery_given_up ${by}`,
      `SEARCH d USING INDEX delivery_late ${by}`,
    ]);
  });
});

it('what a fallback was owed by an older version is not looked at again', async () => {
  const db = openConnection(':memory:', { readOnly: false });
  migrate(db, ':memory:', MIGRATIONS.slice(0, 12));
  db.exec('pragma foreign_keys = off');
  const insert = db.prepare(
    `insert into delivery (id, event_id, channel, order_key, status, created_at, next_attempt_at, attempts_started, attempts_finished, lease_until, instead_of)
      values (? || ':' || ?, ?, ?, 'k', ?, ?, 0, 0, 0, 0, ?)`,
  );
  const owe = (event: string, channel: string, status: string, insteadOf: string | null) =>
    insert.run(event, channel, event, channel, status, T0, insteadOf);
  for (const [event, status] of [
    ['e1', 'pending'],
    ['e2', 'given_up'],
    ['e3', 'delivered'],
  ] as const) {
    owe(event, 'oncall', status, null);
    owe(event, 'dba', 'delivered', 'oncall');
  }
  owe('e4', 'oncall', 'pending', null);
  owe('e4', 'dba', 'pending', null);
  migrate(db, ':memory:');
  const covered = db
    .prepare("select event_id, channel, covered_by from delivery where covered_by <> ''")
    .all();
  expect(covered.map((row) => Object.values(row))).toEqual([
    ['e1', 'oncall', 'dba'],
    ['e2', 'oncall', 'dba'],
  ]);
  const kysely = new Kysely<Database>({ dialect: new SqliteDialect({ database: kyselyDatabase(db) }) });
  expect(await findLate(kysely, TO_DBA)).toMatchObject([{ event_id: 'e4' }]);
  await kysely.destroy();
});
