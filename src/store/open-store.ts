import { existsSync } from 'node:fs';
import { StoreError } from '../errors.ts';
import type { CopyEnd } from './copy/copy-end.ts';
import { isPostgresUrl, placeOfStore, type StoreAddress, sqlitePath } from './ports/address.ts';
import type { StoreFacts, StoreMode } from './ports/life.ts';
import { inspectFileStore } from './sqlite/inspect.ts';
import { openSqliteCopyEnd, openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

/**
 * Opens the store at this address; what goes with it says `SqliteStoreOptions`.
 * @throws {StoreError}
 */
export async function openStore(
  address: StoreAddress,
  options: Omit<SqliteStoreOptions, 'path'>,
): Promise<Store> {
  if (isPostgresUrl(address.url)) return (await postgres()).openPostgresStore({ ...address, ...options });
  return openSqliteStore({ ...options, path: pathIn(address) });
}

/**
 * The same for a store that must be there already; makes nothing.
 * @returns `null` when there is no database yet.
 * @throws {StoreError}
 */
export async function openExistingStore(
  address: StoreAddress,
  options: { mode: StoreMode },
): Promise<Store | null> {
  return (await isThere(address)) ? openStore(address, options) : null;
}

/**
 * Looks at the store without changing it, for whoever is about to open it in this mode.
 * @throws {StoreError} when it cannot be used: not reachable, damaged, made by a newer program, not readable.
 */
export async function inspectStore(
  address: StoreAddress,
  { mirror, mode }: { mirror?: string | undefined; mode: StoreMode },
): Promise<StoreFacts> {
  if (isPostgresUrl(address.url)) return (await postgres()).inspectPostgresStore(address, mode);
  return inspectFileStore(pathIn(address), mirror);
}

/**
 * Opens the store at this address to copy it, or to copy another one into it.
 * @param mustExist refuses a store that is not there, and makes none.
 * @throws {StoreError}
 */
export async function openCopyEnd(
  address: StoreAddress,
  { mustExist }: { mustExist: boolean },
): Promise<CopyEnd> {
  if (mustExist && !(await isThere(address)))
    throw new StoreError(
      'unavailable',
      `${placeOfStore(address)}: there is no database, and nothing to copy`,
      {
        hint: 'Check `store.url`.',
      },
    );
  if (isPostgresUrl(address.url)) return (await postgres()).openPostgresCopyEnd(address);
  return openSqliteCopyEnd(pathIn(address));
}

async function isThere(address: StoreAddress): Promise<boolean> {
  return isPostgresUrl(address.url)
    ? (await postgres()).isPostgresStoreThere(address)
    : existsSync(pathIn(address));
}

function pathIn({ url }: StoreAddress): string {
  const path = sqlitePath(url);
  if (path === null) throw new StoreError('unavailable', 'only sqlite: and postgres: stores are known');
  return path;
}

/** Loaded only where it is used: the embedded store needs none of it in its memory. */
function postgres() {
  return import('./postgres/postgres-store.ts');
}
