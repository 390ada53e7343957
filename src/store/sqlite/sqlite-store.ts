import { realpathSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import type { CopyEnd } from '../copy/copy-end.ts';
import type { LayoutUpdate } from '../ports/life.ts';
import { freeLeases } from '../queries/outbox/free-leases.ts';
import type { Database } from '../queries/schema.ts';
import { createSqlStore, type SqlEngine } from '../sql/sql-store.ts';
import type { Store } from '../store.ts';
import { acquireDaemonLock, type DaemonLock } from './daemon-lock.ts';
import { toStoreError } from './errors.ts';
import { ensureDirectory, ensurePrivateFile, inspectFile } from './file.ts';
import { migrate, requireLatest } from './layout/migrate.ts';
import { MIGRATIONS } from './layout/migrations.ts';
import { kyselyDatabase, openConnection } from './node-sqlite.ts';
import { lastNumbers, numberOnFrom } from './numbering.ts';
import { createQuietCheckpoint } from './quiet-checkpoint.ts';

/** Which database file is opened, and for what. */
export interface SqliteStoreOptions {
  /** Of the database file; `:memory:` for one that lives as long as the store. The directory is made when it is missing. */
  path: string;
  /** `readonly`: for looking at what a daemon keeps; nothing is made or changed, and every writing method fails. */
  mode?: 'readwrite' | 'readonly';
  /** The mirror of its audit log: a database that is empty while this is not has lost what it held. */
  mirror?: string | undefined;
  /** Hears of it when a database of an older layout is brought up to date, which takes a while with a large one. */
  onUpdate?: ((update: LayoutUpdate) => void) | undefined;
}

/**
 * Opens the embedded store, and brings its layout up to date. Several processes may have it open; one of them may be the daemon.
 * @throws {StoreError} reason `unavailable`; `schema_too_new`; `damaged`, and then the file is as it was.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return createSqlStore(openEngine(options));
}

/**
 * Opens the database to copy it, or to copy another one into it.
 * @throws {StoreError} as `openSqliteStore`.
 */
export async function openSqliteCopyEnd(path: string): Promise<CopyEnd> {
  return { ...openEngine({ path }), where: path, lastNumbers, numberOnFrom };
}

/** Makes a store of a database in memory that has the latest layout already. It is gone when the store is closed. */
export function createMemoryStore(connection: DatabaseSync): Store {
  return createSqlStore(createEngine(connection, { path: MEMORY }));
}

function openEngine(options: SqliteStoreOptions): SqlEngine {
  return createEngine(connect(options), options);
}

function createEngine(connection: DatabaseSync, options: SqliteStoreOptions): SqlEngine {
  const { path } = options;
  const isFile = path !== MEMORY && options.mode !== 'readonly';
  const checkpoint = isFile ? createQuietCheckpoint(connection, realpathSync(path)) : null;
  const db = new Kysely<Database>({
    dialect: new SqliteDialect({ database: kyselyDatabase(connection, checkpoint?.committed) }),
  });
  let lock: DaemonLock | null = null;

  return {
    db,
    toStoreError: (thrown, doing) => toStoreError(thrown, doing, path),
    fence: null,
    join: async ({ name }) => {
      if (path !== MEMORY) lock ??= acquireDaemonLock(realpathSync(path));
      await freeLeases(db);
      return { kind: 'alone', replica: name };
    },
    close: async () => {
      checkpoint?.end();
      await db.destroy();
      if (connection.isOpen) connection.close();
      lock?.release();
    },
  };
}

const MEMORY = ':memory:';

function connect({ path, mode = 'readwrite', mirror, onUpdate }: SqliteStoreOptions): DatabaseSync {
  try {
    if (path !== MEMORY) {
      if (mode === 'readwrite') ensureDirectory(path);
      inspectFile(path, mode, mirror);
      if (mode === 'readwrite') ensurePrivateFile(path);
    }
    const connection = openConnection(path, { readOnly: mode === 'readonly' });
    try {
      if (mode === 'readwrite') migrate(connection, path, MIGRATIONS, onUpdate);
      else requireLatest(connection, path);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, 'open the store', path);
  }
}
