import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { freeLeases } from '../../../src/store/queries/outbox/free-leases.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import type { Store } from '../../../src/store/store.ts';

/** A store in memory, with every statement that it has made, and the methods that have been called. */
export interface RecordingStore {
  store: Store;
  db: DatabaseSync;
  statements: Set<string>;
  called: Set<string>;
}

export function openRecordingStore(): RecordingStore {
  const db = openConnection(':memory:', { readOnly: false });
  migrate(db, ':memory:');
  const statements = new Set<string>();
  const called = new Set<string>();
  const database = kyselyDatabase(db);
  const kysely = new Kysely<Database>({
    dialect: new SqliteDialect({
      database: {
        ...database,
        prepare: (sql) => {
          statements.add(sql);
          return database.prepare(sql);
        },
      },
    }),
  });
  const store = createSqlStore({
    db: kysely,
    toStoreError: (thrown) => thrown,
    fence: null,
    join: async ({ name }) => {
      await freeLeases(kysely);
      return { kind: 'alone', replica: name };
    },
    // The connection stays open: its statements are explained afterwards.
    close: async () => {},
  });
  const recording = Object.fromEntries(
    Object.entries(store).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        called.add(name);
        return (method as (...given: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Store;
  return { store: recording, db, statements, called };
}
