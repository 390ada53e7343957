import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { storeContract } from '../store-contract.ts';

let directory: string;
let files = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'watcher-store-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

storeContract('SQLite in a file', () => {
  files += 1;
  return openSqliteStore({ path: join(directory, `${files}.db`) });
});

storeContract('SQLite in memory', () => openSqliteStore({ path: ':memory:' }));
