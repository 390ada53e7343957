import { existsSync } from 'node:fs';
import { StoreError } from '../errors.ts';
import type { CopyEnd } from './copy/copy-end.ts';
import { openSqliteCopyEnd, openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

/** The path in a `sqlite:PATH` URL; `null` for any other URL. */
export function sqlitePath(url: string): string | null {
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : null;
}

/**
 * Opens the store that the URL names; what goes with it says `SqliteStoreOptions`.
 * @throws {StoreError}
 */
export async function openStore(url: string, options: Omit<SqliteStoreOptions, 'path'>): Promise<Store> {
  const path = sqlitePath(url);
  if (path === null) throw new StoreError('unavailable', 'only sqlite: stores are known');
  return openSqliteStore({ ...options, path });
}

/**
 * The same for a store that must be there already; makes nothing.
 * @returns `null` when there is no database yet.
 * @throws {StoreError}
 */
export async function openExistingStore(
  url: string,
  options: { mode: 'readwrite' | 'readonly' },
): Promise<Store | null> {
  const path = sqlitePath(url);
  if (path !== null && !existsSync(path)) return null;
  return openStore(url, options);
}

/**
 * Opens the store that the URL names to copy it, or to copy another one into it.
 * @param mustExist refuses a store that is not there, and makes none.
 * @throws {StoreError}
 */
export async function openCopyEnd(url: string, { mustExist }: { mustExist: boolean }): Promise<CopyEnd> {
  const path = sqlitePath(url);
  if (path === null) throw new StoreError('unavailable', 'only sqlite: stores are known');
  if (mustExist && !existsSync(path))
    throw new StoreError('unavailable', `${path}: there is no database, and nothing to copy`, {
      hint: 'Check `store.url`.',
    });
  return openSqliteCopyEnd(path);
}
