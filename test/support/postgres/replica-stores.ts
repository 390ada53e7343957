import { Kysely, sql } from 'kysely';
import { onTestFinished } from 'vitest';
import { createDialect } from '../../../src/store/postgres/dialect.ts';
import { toStoreError } from '../../../src/store/postgres/errors.ts';
import { POSTGRES_LEASES } from '../../../src/store/postgres/leases.ts';
import { readPlace } from '../../../src/store/postgres/place.ts';
import { createPool } from '../../../src/store/postgres/pool.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlLeases } from '../../../src/store/sql/leases.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import type { ReplicaStores } from '../replica-stores.ts';
import { newPostgresAddress } from './shared.ts';

/** Stores of several replicas in one PostgreSQL, each with connections of its own. Its clock goes on only when it is put forward. */
export async function openPostgresReplicas(): Promise<
  ReplicaStores & { address: { url: string; schema: string } }
> {
  const address = await newPostgresAddress();
  // Makes the tables.
  await (await openPostgresStore(address)).close();
  const pools = await Promise.all(
    Array.from({ length: 4 }, () => createPool(readPlace(address), { mayWrite: true })),
  );
  onTestFinished(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
  });
  // It stands still by itself: no verdict hangs on how long a test takes.
  let now = Date.now();
  return {
    address,
    open: () => {
      const pool = pools.pop();
      if (pool === undefined) throw new Error('there is room for four replicas');
      onTestFinished(() => pool.end());
      const db = new Kysely<Database>({ dialect: createDialect(pool) });
      const dialect = {
        ...POSTGRES_LEASES,
        get now() {
          return sql<number>`(${sql.lit(now)})::bigint`;
        },
      };
      const { join, fence } = createSqlLeases(db, dialect);
      const toError = (thrown: unknown, doing: string): unknown => toStoreError(thrown, doing, 'the test');
      return createSqlStore({ db, join, fence, toStoreError: toError, close: async () => {} });
    },
    advance: (ms) => {
      now += ms;
    },
  };
}
