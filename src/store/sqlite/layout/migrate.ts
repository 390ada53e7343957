import type { DatabaseSync } from 'node:sqlite';
import { StoreError, toError } from '../../../errors.ts';
import type { LayoutUpdate } from '../../ports/life.ts';
import { inTransaction, readPragma } from '../node-sqlite.ts';
import { unreadableBodies } from '../unreadable-bodies.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

/**
 * Brings the database to the latest layout: all missing steps in one transaction, or none. Safe to run again, and from several
 * processes at once: whoever comes second finds nothing to do. A new database is no update.
 * @throws {StoreError} reason `schema_too_new`; `damaged` when a row that a step reads is not what was written, which it names.
 */
export function migrate(
  db: DatabaseSync,
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
  onUpdate: (update: LayoutUpdate) => void = () => {},
): void {
  const missing = missingFrom(db, path, migrations);
  const [first, last] = [missing.at(0), missing.at(-1)];
  if (first === undefined || last === undefined) return;
  const tell = (isDone: boolean): void => {
    if (first.number > 1) onUpdate({ isDone, from: first.number - 1, to: last.number });
  };
  tell(false);
  inTransaction(db, () => {
    for (const { number, sql } of missingFrom(db, path, migrations)) {
      apply(db, path, sql);
      db.exec(`pragma user_version = ${number}`);
    }
  });
  tell(true);
}

function apply(db: DatabaseSync, path: string, sql: string): void {
  try {
    db.exec(sql);
  } catch (error) {
    throw unreadableBodies(db, path, toError(error)) ?? error;
  }
}

/**
 * For a connection that may only read, and so cannot migrate.
 * @throws {StoreError} reason `schema_too_new`; `unavailable` when steps are missing.
 */
export function requireLatest(
  db: DatabaseSync,
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  if (missingFrom(db, path, migrations).length > 0)
    throw new StoreError('unavailable', `${path} still has the layout of an older restore-watcher`, {
      hint: 'Start the watcher of this version once: it brings the database up to date.',
    });
}

/** @throws {StoreError} reason `schema_too_new` when a newer program has written the file. */
export function checkVersion(db: DatabaseSync, path: string, migrations = MIGRATIONS): number {
  const version = readPragma(db, 'user_version');
  const latest = migrations.at(-1)?.number ?? 0;
  if (version > latest)
    throw new StoreError(
      'schema_too_new',
      `${path} was written by a newer restore-watcher (layout ${version}, this program knows ${latest})`,
      { hint: 'Run that version again, or restore a backup from before the update.' },
    );
  return version;
}

function missingFrom(db: DatabaseSync, path: string, migrations: readonly Migration[]): readonly Migration[] {
  const version = checkVersion(db, path, migrations);
  return migrations.filter(({ number }) => number > version);
}
