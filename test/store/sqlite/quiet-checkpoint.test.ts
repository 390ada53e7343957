import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { aDraft } from '../support.ts';

/** More than any pause after a commit that counts as quiet. */
const A_WHILE_MS = 1_000;

async function aFile() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-'));
  const path = join(dir, 'watcher.db');
  const store = await openSqliteStore({ path });
  onTestFinished(async () => {
    vi.useRealTimers();
    await store.close();
    exec.mockRestore();
    await rm(dir, { recursive: true });
  });
  const write = async (commits: number) => {
    for (let count = 0; count < commits; count += 1)
      await store.recordAudit(Array.from({ length: 40 }, (_, number) => aDraft(number)));
  };
  return {
    write,
    logBytes: () => statSync(`${path}-wal`).size,
    checkpoints: () => exec.mock.calls.filter(([sql]) => sql.includes('wal_checkpoint')).length,
  };
}

it('copies a log that has grown into the database once nothing is committed for a moment, and not before', async () => {
  const { write, logBytes, checkpoints } = await aFile();
  await write(20);
  vi.advanceTimersByTime(10);
  await write(20);
  const grown = logBytes();
  expect(grown).toBeGreaterThan(2 ** 20 * 0.8);
  expect(checkpoints()).toBe(0);
  vi.advanceTimersByTime(A_WHILE_MS);
  expect(checkpoints()).toBe(1);
  // The next commit begins the log anew: all of it stood in the database.
  await write(1);
  expect(logBytes()).toBeLessThan(grown / 2);
});

it('leaves a short log alone, however long nothing happens', async () => {
  const { write, checkpoints } = await aFile();
  await write(1);
  vi.advanceTimersByTime(60 * A_WHILE_MS);
  expect(checkpoints()).toBe(0);
});
