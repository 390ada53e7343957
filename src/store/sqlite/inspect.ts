import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, toError } from '../../errors.ts';
import type { StoreFacts } from '../ports/life.ts';
import { toStoreError } from './errors.ts';
import { inspectFile } from './file.ts';
import { openConnection, readPragma } from './node-sqlite.ts';

/**
 * Looks at the store without changing it.
 * @throws {StoreError} when it cannot be used: damaged, made by a newer program, not readable.
 */
export function inspectFileStore(path: string, mirror?: string): StoreFacts {
  if (!existsSync(path)) {
    checkPlace(path);
    return { where: path, exists: false, schemaVersion: null, inUse: null };
  }
  inspectFile(path, 'readonly', mirror);
  try {
    const db = openConnection(path, { readOnly: true });
    try {
      return {
        where: path,
        exists: true,
        schemaVersion: readPragma(db, 'user_version'),
        inUse: isLocked(path),
      };
    } finally {
      db.close();
    }
  } catch (error) {
    throw toStoreError(error, 'look at the store', path);
  }
}

/** The daemon will make the file, and the directories above it that are missing: it must be allowed to. */
function checkPlace(path: string): void {
  let place = dirname(resolve(path));
  while (!existsSync(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StoreError('unavailable', `${path}: this user may not write in ${place}`, {
      hint: 'Check `store.url`, and the rights of that directory.',
      cause: toError(error),
    });
  }
}

/** Tries the daemon's lock for reading: while a daemon holds it, nobody can. `null` for who may not look at it. */
function isLocked(path: string): boolean | null {
  const lockPath = `${path}.lock`;
  if (!existsSync(lockPath)) return false;
  const db = openLock(lockPath);
  if (db === null) return null;
  try {
    db.prepare('select count(*) from sqlite_schema').get();
    return false;
  } catch {
    return true;
  } finally {
    db.close();
  }
}

function openLock(lockPath: string): DatabaseSync | null {
  try {
    return new DatabaseSync(lockPath, { readOnly: true, timeout: 0 });
  } catch {
    return null;
  }
}
