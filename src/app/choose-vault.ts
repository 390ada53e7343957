import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConnectionConfig } from '../config/config.ts';
import { createFileVault } from '../source/login/file-vault.ts';
import { createMemoryVault, type TokenVault } from '../source/login/token-vault.ts';
import { sqlitePath } from '../store/open-store.ts';

/** Access tokens are kept beside the store. Where that is no file, or its directory is not there yet, they live as long as the process. */
export function chooseVault({ auth }: ConnectionConfig, storeUrl: string): TokenVault {
  const path = sqlitePath(storeUrl);
  return auth.type === 'serviceAccount' && path !== null && path !== ':memory:' && existsSync(dirname(path))
    ? createFileVault({ prefix: path, secret: auth.clientSecret })
    : createMemoryVault();
}
