import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { LastUsed } from '../last-used.ts';
import { BUSY, extendedResultCode, isUnwritablePlace, resultCode } from './errors.ts';
import { BUSY_TIMEOUT_MS, LockWait } from './lock-wait.ts';

/** Between two tries to open a file that is locked. */
const BUSY_RETRY_MS = 10;

/** Statements kept prepared: those that were used last. */
const MAX_PREPARED = 100;

/**
 * Opens a connection that keeps what it commits: WAL with `synchronous=FULL`, which is a setting of the connection, not of the file.
 *
 * So is `journal_size_limit`: without it a log that was once long is written over from its start, and a full disk goes unseen for
 * hundreds of commits, until one of them needs more.
 *
 * A database that may only be read, on a disk or in a directory that may only be read, can be read all the same.
 * @throws whatever `node:sqlite` throws (see `errors.ts`).
 */
export function openConnection(path: string, options: { readOnly: boolean }): DatabaseSync {
  if (!options.readOnly) return connect(path, options);
  try {
    return connect(path, options);
  } catch (error) {
    // A reader too would make files for a log (WAL). Where it may not, and no log waits, the database is what stands in its file.
    if (!isUnwritablePlace(extendedResultCode(error)) || hasLog(path)) throw error;
    return connect(`${pathToFileURL(resolve(path)).href}?immutable=1`, options);
  }
}

function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function connect(path: string, options: { readOnly: boolean }): DatabaseSync {
  const until = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return connectOnce(path, options);
    } catch (error) {
      // SQLite does not wait where two processes make the same new file a WAL database at once: one of them is refused on the spot.
      if (resultCode(error) !== BUSY || performance.now() >= until) throw error;
      standStill(BUSY_RETRY_MS);
    }
  }
}

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function connectOnce(path: string, options: { readOnly: boolean }): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: BUSY_TIMEOUT_MS });
  try {
    // The file is opened by the first statement that reads it.
    if (options.readOnly) db.prepare('select count(*) from sqlite_schema').get();
    else db.exec('pragma journal_mode = wal; pragma journal_size_limit = 0');
    db.exec('pragma synchronous = full; pragma foreign_keys = on');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A pragma that holds one number. */
export function readPragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`pragma ${name}`).get()?.[name]);
}

/** Runs `work` in one transaction that holds the write lock from its first statement on. */
export function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('begin immediate');
  try {
    work();
    db.exec('commit');
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    throw error;
  }
}

/** What Kysely's SqliteDialect asks of a database, over `node:sqlite`. `onCommit` hears of each transaction that has reached the disk. */
export function kyselyDatabase(db: DatabaseSync, onCommit: () => void = () => {}): SqliteDatabase {
  const prepared = new LastUsed<SqliteStatement>(MAX_PREPARED);
  const lockWait = new LockWait(db);
  return {
    close: () => db.close(),
    prepare: (sql) => {
      const known = prepared.get(sql);
      if (known) return known;
      const statement = prepareStatement(db, lockWait, sql, onCommit);
      prepared.set(sql, statement);
      return statement;
    },
  };
}

function prepareStatement(
  db: DatabaseSync,
  lockWait: LockWait,
  sql: string,
  onCommit: () => void,
): SqliteStatement {
  // A plain BEGIN takes the write lock at the first write, and fails at once when another process wrote in between.
  if (sql === 'begin') return command(() => lockWait.begin(() => db.exec('begin immediate')));
  // Some faults (a full disk) end the transaction by themselves; a rollback after that would hide them behind its own error.
  if (sql === 'rollback') return command(() => db.isTransaction && db.exec('rollback'));

  const statement = db.prepare(sql);
  if (sql === 'commit') {
    return command(() => {
      statement.run();
      onCommit();
    });
  }
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => lockWait.attempt(() => statement.all(...bindable(parameters))),
    run: (parameters) => lockWait.attempt(() => statement.run(...bindable(parameters))),
    // Prepared anew: an iteration is not over when it returns, and the kept statement may be needed meanwhile.
    iterate: (parameters) => db.prepare(sql).iterate(...bindable(parameters)),
  };
}

function command(run: () => unknown): SqliteStatement {
  return {
    reader: false,
    all: () => [],
    run: () => {
      run();
      return { changes: 0, lastInsertRowid: 0 };
    },
    iterate: () => [].values(),
  };
}

/** `node:sqlite` checks each value as it binds it, and throws for what it cannot store. */
function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}
