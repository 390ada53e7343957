import { Kysely, SqliteDialect, sql } from 'kysely';
import { onTestFinished } from 'vitest';
import type { Database } from '../../src/store/queries/schema.ts';
import { createSqlLeases } from '../../src/store/sql/leases.ts';
import { createSqlStore } from '../../src/store/sql/sql-store.ts';
import { kyselyDatabase } from '../../src/store/sqlite/node-sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { newMemoryDatabase } from './prepared-layout.ts';

/** A database that several replicas share, with a clock of its own. */
export interface ReplicaStores {
  /** Opens another store over it, as another process would. */
  open(): Store;
  /** The database's clock goes on by so much. */
  advance(ms: number): void;
}

/**
 * Stores of several replicas over one SQLite database in memory: what only PostgreSQL has in the program, for tests that need no locks.
 * Their transactions come one after the other.
 * @param clock what the database goes by, in milliseconds.
 */
export function openReplicaStores(clock: () => number = () => 1_000_000): ReplicaStores {
  let aheadMs = 0;
  const connection = newMemoryDatabase();
  connection.exec(`
    create table replica (id text primary key, name text not null, version text not null, configuration text not null,
      joined_at integer not null, until integer not null, is_leaving integer not null, asks text not null) strict;
    create table request_budget (budget text primary key, account text not null, booked_at integer not null) strict;
    create table token (key text primary key, sealed text not null, expires_at integer not null) strict;
    create table lease (unit text primary key, owner text, token integer not null, free_since integer not null) strict;
    create table estate (watch text primary key, connection text not null, revision integer not null) strict;
    create table found_project (watch text not null, group_id text not null, name text, tags text not null,
      is_gone integer not null, primary key (watch, group_id)) strict;
    create table watch_share (watch text not null, replica text not null, standing text not null, primary key (watch, replica)) strict;
  `);
  connection.function('store_now', () => Math.round(clock() + aheadMs));
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: kyselyDatabase(connection) }) });
  onTestFinished(() => db.destroy());
  const now = sql<number>`store_now()`;
  return {
    open: () => {
      const { join, fence } = createSqlLeases(db, { now, hasRowLocks: false });
      return createSqlStore({ db, join, fence, toStoreError: (thrown) => thrown, close: async () => {} });
    },
    advance: (ms) => {
      aheadMs += ms;
    },
  };
}
