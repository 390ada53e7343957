import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startChild } from '../child.ts';
import { aPollOf } from '../poll-of.ts';
import { openForTest, temporaryDirectory } from '../support.ts';

describe('the daemon’s claim', () => {
  it('turns a second daemon away, naming the file and the holder, and ends with the life of the first', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    const first = startChild('hold-daemon-claim', path);
    await first.printed(1);

    const store = await openForTest({ path });
    const refusal = await store.claimDaemon().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: 'conflict' });
    expect(String(refusal)).toContain(path);
    expect(String(refusal)).toContain(`process ${first.process.pid}`);

    await first.kill();
    await store.claimDaemon();
  });

  it('leaves others free to read and write', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    const daemon = await openForTest({ path });
    await daemon.claimDaemon();
    const other = await openForTest({ path });
    await other.commitPoll(aPollOf(1));
    expect((await daemon.auditHead()).seq).toBe(1);
  });

  it('is one, whatever name the file is opened by', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'watcher.db');
    const daemon = await openForTest({ path });
    await daemon.claimDaemon();
    symlinkSync(path, join(directory, 'alias.db'));
    const second = await openForTest({ path: join(directory, 'alias.db') });
    await expect(second.claimDaemon()).rejects.toMatchObject({ reason: 'conflict' });
  });

  it('ends when the store is closed', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    const first = await openForTest({ path });
    await first.claimDaemon();
    await first.close();
    const second = await openForTest({ path });
    await second.claimDaemon();
  });
});
