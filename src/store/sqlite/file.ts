import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError, toError } from '../../errors.ts';
import { makeDirectory } from '../../make-directory.ts';
import { damagedError, extendedResultCode } from './errors.ts';
import { APPLICATION_ID } from './layout/first-layout.ts';
import { checkVersion } from './layout/migrate.ts';
import { openConnection, readPragma } from './node-sqlite.ts';

/** Files up to this size are checked in full at every start: it takes well under a second. */
const SMALL_FILE_BYTES = 64 * 2 ** 20;

/** SQLITE_READONLY_ROLLBACK: a rollback journal waits, which only a writer may play back. */
const READONLY_ROLLBACK = 776;

/**
 * Looks at the file before anything may write to it, through a connection that cannot write: a damaged or foreign file stays as it
 * is, byte for byte.
 *
 * Not by `fs`: closing a file drops the locks that SQLite holds on it in this process.
 *
 * Always: is it a database, is it ours, is its layout known, are its first pages sound. All pages (`quick_check`) before writing to
 * it, when the file is small or was not closed in an orderly way; else a torn page shows when it is read.
 *
 * An empty file is a new database, unless something beside it shows that there was more: its log, its lock, or the `mirror` of its
 * audit log.
 * @throws {StoreError} reasons `damaged`, `schema_too_new`, `unavailable`.
 */
export function inspectFile(path: string, mode: 'readwrite' | 'readonly', mirror?: string): void {
  // What comes after a database is looked for before it: another process may be making all of it right now.
  const walSize = fileSize(`${path}-wal`) ?? 0;
  const trace = traceOfMore(path, mirror);
  const size = fileSize(path);
  if (!size) {
    if (walSize > 0)
      throw damagedError(path, 'its write-ahead log is there, but the database is gone or empty');
    if (size === 0 && trace !== null)
      throw damagedError(path, `it is empty, but ${trace} shows that there was more`);
    if (mode === 'readonly')
      throw new StoreError('unavailable', `${path}: there is no database yet`, {
        hint: 'It is made by the first run of the watcher. Check `store.url`.',
      });
    return;
  }
  const deep = mode === 'readwrite' && (size <= SMALL_FILE_BYTES || walSize > 0);
  try {
    inspect(path, { readOnly: true, deep });
  } catch (error) {
    if (extendedResultCode(error) !== READONLY_ROLLBACK || mode === 'readonly') throw error;
    inspect(path, { readOnly: false, deep });
  }
}

/**
 * Makes the directory, should it be missing.
 * @throws {StoreError} reason `unavailable`.
 */
export function ensureDirectory(path: string): void {
  try {
    makeDirectory(dirname(path));
  } catch (error) {
    throw new StoreError('unavailable', `${dirname(path)}: cannot make this directory for the store`, {
      hint: 'Check `store.url`, and that the directory above may be written.',
      cause: toError(error),
    });
  }
}

/** Only a daemon makes a lock, once the database is there; only its audit log is mirrored. */
function traceOfMore(path: string, mirror: string | undefined): string | null {
  if (fileSize(`${path}.lock`) !== null) return `its lock (${path}.lock)`;
  return mirror !== undefined && (fileSize(mirror) ?? 0) > 0
    ? `the mirror of its audit log (${mirror})`
    : null;
}

/**
 * Makes the file, should it be missing, for its owner alone: it holds who restores what, and where. SQLite gives its log the same mode.
 * A file that is there keeps the mode that somebody gave it.
 * @throws {StoreError} reason `unavailable`.
 */
export function ensurePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw new StoreError('unavailable', `${path}: cannot make this file`, {
      hint: 'Check `store.url`, and that its directory may be written.',
      cause: toError(error),
    });
  }
}

/** True when every user of this machine may read the file, and get to it. */
export function isOpenToOthers(path: string): boolean {
  const may = (place: string, bit: number): boolean =>
    ((statSync(place, { throwIfNoEntry: false })?.mode ?? 0) & bit) !== 0;
  return may(path, 0o004) && may(dirname(path), 0o001);
}

function inspect(path: string, { readOnly, deep }: { readOnly: boolean; deep: boolean }): void {
  const db = openConnection(path, { readOnly });
  try {
    // As one look at it: another process may be making all of it right now.
    db.exec('begin');
    const version = checkVersion(db, path);
    if (readPragma(db, 'application_id') !== APPLICATION_ID && (version > 0 || countTables(db) > 0))
      throw damagedError(path, 'it is a database of another program');
    db.exec('commit');
    if (deep) quickCheck(db, path);
  } finally {
    db.close();
  }
}

function countTables(db: DatabaseSync): number {
  return Number(db.prepare('select count(*) as count from sqlite_schema').get()?.count);
}

function quickCheck(db: DatabaseSync, path: string): void {
  const [first] = db.prepare('pragma quick_check(1)').all();
  const finding = String(first?.quick_check);
  if (finding !== 'ok') throw damagedError(path, finding.replaceAll(/\s+/g, ' '));
}

/** `null` when there is no such file. */
function fileSize(path: string): number | null {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size ?? null;
  } catch (error) {
    throw new StoreError('unavailable', `${path}: cannot look at this file`, { cause: toError(error) });
  }
}
