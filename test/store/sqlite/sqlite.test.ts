import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { makeDatabaseFile } from '../../support/prepared-layout.ts';
import { openEmbeddedStore } from '../../support/test-store.ts';
import { storeContract } from '../store-contract.ts';

let directory: string;
let files = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'watcher-store-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

storeContract('SQLite in a file', () => {
  files += 1;
  const path = join(directory, `${files}.db`);
  makeDatabaseFile(path);
  return openSqliteStore({ path });
});

storeContract('SQLite in memory', openEmbeddedStore);
