import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../../errors.ts';
import { BUSY, resultCode, toStoreError } from './errors.ts';
import { ensurePrivateFile } from './file.ts';

/** Who only looks whether a daemon is there (`check`) holds the lock for an instant; that must not turn a daemon away. */
const LOOK_MS = 200;

/** Held until released, or until the process ends, however it ends. */
export interface DaemonLock {
  release(): void;
}

/**
 * Takes the lock of a store: an exclusive transaction on an empty SQLite file beside it, that is, a lock of the operating system,
 * which it drops by itself when the process dies. Works across the processes of one machine.
 * @throws {StoreError} reason `conflict`, naming the holder where that is known.
 */
export function acquireDaemonLock(path: string): DaemonLock {
  const lockPath = `${path}.lock`;
  const holderPath = `${lockPath}.holder`;
  const db = lockExclusively(lockPath);
  if (db === null)
    throw new StoreError('conflict', `${path} is in use by another daemon${describeHolder(holderPath)}`, {
      hint: 'One store serves one daemon. Stop the other one, or give this one a `store.url` of its own.',
    });
  bestEffort(() => writeFileSync(holderPath, `process ${process.pid} on ${hostname()}`, { mode: 0o600 }));
  const release = (): void => {
    process.off('exit', release);
    if (!db.isOpen) return;
    bestEffort(() => rmSync(holderPath, { force: true }));
    db.close();
  };
  // This also keeps the connection from being collected as garbage, which would drop the lock of a daemon that is alive.
  process.on('exit', release);
  return { release };
}

/** `null` when somebody else has it. */
function lockExclusively(lockPath: string): DatabaseSync | null {
  let db: DatabaseSync | null = null;
  try {
    ensurePrivateFile(lockPath);
    db = new DatabaseSync(lockPath, { timeout: LOOK_MS });
    // Nothing is ever written here, so there is nothing to keep a journal file for.
    db.exec('pragma journal_mode = memory; begin exclusive');
    return db;
  } catch (error) {
    db?.close();
    if (resultCode(error) === BUSY) return null;
    throw toStoreError(error, 'claim the store', lockPath);
  }
}

function describeHolder(holderPath: string): string {
  const holder = bestEffort(() => readFileSync(holderPath, 'utf8'));
  return holder ? `, ${holder}` : '';
}

/** Who holds the lock is told for people's sake only; not being able to must not stop anything. */
function bestEffort<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
