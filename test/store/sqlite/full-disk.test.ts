import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { toStoreError } from '../../../src/store/sqlite/errors.ts';
import { inTransaction, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';

async function aFile(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'watcher-full-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return join(dir, 'watcher.db');
}

it('needs room on the disk for every proof that it can be written, also when its log was long once', async () => {
  const path = await aFile();
  const store = await openSqliteStore({ path });
  onTestFinished(() => store.close());
  const logBytes = () => statSync(`${path}-wal`).size;
  let longest = 0;
  // Some five hundred of them, and the log is copied into the database and begins anew.
  for (let round = 0; round < 1_000; round += 1) {
    const before = logBytes();
    await store.checkWritable();
    longest = Math.max(longest, before);
    if (logBytes() < before) break;
  }
  const cut = logBytes();
  expect(cut).toBeLessThan(longest);
  await store.checkWritable();
  expect(logBytes()).toBeGreaterThan(cut);
});

it('says that the disk is full, what was to be written, and what to do; and nothing is half written', async () => {
  const path = await aFile();
  const db = openConnection(path, { readOnly: false });
  onTestFinished(() => db.close());
  db.exec('create table row (body text); pragma max_page_count = 8');
  const fill = () =>
    inTransaction(db, () => {
      const insert = db.prepare('insert into row values (?)');
      for (let row = 0; row < 100; row += 1) insert.run('x'.repeat(1_000));
    });
  const thrown = caught(fill);
  expect(toStoreError(thrown, 'commit a poll', path)).toMatchObject({
    name: 'StoreError',
    reason: 'unavailable',
    message: `${path}: cannot commit a poll: the disk is full`,
    hint: expect.stringContaining('Make room'),
  });
  expect(db.prepare('select count(*) as count from row').get()).toEqual({ count: 0 });
});

it.each([
  ['a write that the disk refuses', 778, 'quota'],
  ['a flush that the disk refuses', 1_034, 'quota'],
  ['a read that fails', 266, 'local disk'],
])('tells %s from a full disk', (_, errcode, hint) => {
  const thrown = Object.assign(new Error('disk I/O error'), { errcode });
  expect(toStoreError(thrown, 'write', 'w.db')).toMatchObject({
    reason: 'unavailable',
    message: expect.stringContaining('disk I/O error'),
    hint: expect.stringContaining(hint),
  });
});

function caught(work: () => void): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}
