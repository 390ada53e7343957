import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ClaimRequest } from '../../../src/store/ports/outbox.ts';
import { findLate, writeFallbacks } from '../../../src/store/queries/outbox/fallbacks.ts';
import { claimDeliveries, findClaimable } from '../../../src/store/queries/outbox/outbox.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { MINUTE, T0 } from '../../support/builders.ts';
import { aCommit, plan } from '../support.ts';

const NOW = T0 + MINUTE;

/** What databases meet where transactions do not exclude one another: what was found is no longer so when it is written. */
describe('what was found before another writer', () => {
  let db: Kysely<Database>;
  let store: Store;
  beforeEach(async () => {
    const connection = openConnection(':memory:', { readOnly: false });
    migrate(connection, ':memory:');
    db = new Kysely<Database>({ dialect: new SqliteDialect({ database: kyselyDatabase(connection) }) });
    store = createSqlStore({
      db,
      fence: null,
      join: async ({ name }) => ({ kind: 'alone', replica: name }),
      close: () => db.destroy(),
      toStoreError: (thrown) => thrown,
    });
    onTestFinished(() => store.close());
    await store.commitPoll(aCommit({ events: [plan(1), plan(2), plan(3)] }));
  });

  const request = (owner: string, over: Partial<ClaimRequest> = {}): ClaimRequest => ({
    channel: 'oncall',
    owner,
    now: NOW,
    leaseMs: 15_000,
    limit: 10,
    perKey: 'run',
    ...over,
  });
  const claim = (found: readonly number[], asked: ClaimRequest) =>
    db.transaction().execute((trx) => claimDeliveries(trx, found, asked));

  it('is not claimed a second time, not even by the same owner', async () => {
    const found = await findClaimable(db, request('a'));
    expect(await claim(found, request('a'))).toHaveLength(3);
    expect(await claim(found, request('a'))).toEqual([]);
    expect(await claim(found, request('b'))).toEqual([]);
  });

  it('is not claimed as a run that has lost its beginning, and is left as it was', async () => {
    const found = await findClaimable(db, request('a'));
    await claim(await findClaimable(db, request('b', { limit: 1 })), request('b'));
    const before = await db.selectFrom('delivery').selectAll().execute();
    expect(await claim(found, request('a'))).toEqual([]);
    expect(await db.selectFrom('delivery').selectAll().execute()).toEqual(before);
  });

  it('is claimed but for what has gone, where each goes by itself', async () => {
    const found = await findClaimable(db, request('a'));
    await claim(await findClaimable(db, request('b', { limit: 1 })), request('b'));
    const claimed = await claim(found, request('a', { perKey: 'head' }));
    expect(claimed.map(({ eventId }) => eventId)).toEqual([plan(2).event.id, plan(3).event.id]);
  });

  it('is not owed to a fallback a second time', async () => {
    const asked = { channel: 'oncall', fallback: 'dba', notAcceptedSince: NOW, at: NOW };
    const missed = await findLate(db, asked);
    const owe = () => db.transaction().execute((trx) => writeFallbacks(trx, missed, asked));
    expect((await owe()).map(({ id }) => id)).toEqual([1, 2, 3].map((number) => plan(number).event.id));
    expect(await owe()).toEqual([]);
  });
});
