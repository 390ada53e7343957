import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { startChild } from '../child.ts';
import { aPollOf } from '../poll-of.ts';
import { aCommit, openForTest, plan, temporaryDirectory } from '../support.ts';

describe('the daemon’s claim', () => {
  it('turns a second daemon away, naming the file and the holder, and ends with the life of the first', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    const first = startChild('hold-daemon-claim', path);
    await first.printed(1);

    const store = await openForTest({ path });
    const refusal = await store.join(aJoining()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: 'conflict' });
    expect(String(refusal)).toContain(path);
    expect(String(refusal)).toContain(`process ${first.process.pid}`);

    await first.kill();
    await store.join(aJoining());
  });

  it('leaves others free to read and write', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    const daemon = await openForTest({ path });
    await daemon.join(aJoining());
    const other = await openForTest({ path });
    await other.commitPoll(aPollOf(1));
    expect((await daemon.auditHead()).seq).toBe(1);
  });

  it('is one, whatever name the file is opened by', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'watcher.db');
    const daemon = await openForTest({ path });
    await daemon.join(aJoining());
    symlinkSync(path, join(directory, 'alias.db'));
    const second = await openForTest({ path: join(directory, 'alias.db') });
    await expect(second.join(aJoining())).rejects.toMatchObject({ reason: 'conflict' });
  });

  it('ends when the store is closed', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    const first = await openForTest({ path });
    await first.join(aJoining());
    await first.close();
    const second = await openForTest({ path });
    await second.join(aJoining());
  });

  it('frees what an earlier daemon had claimed to deliver, and its attempts stay counted', async () => {
    const store = await openForTest({ path: ':memory:' });
    await store.commitPoll(aCommit({ events: [plan(1)] }));
    const claim = { channel: 'oncall', leaseMs: 15_000, limit: 9, perKey: 'head' as const };
    await store.claimDeliveries({ ...claim, owner: 'dead', now: T0 + 60_000 });
    await store.join(aJoining());
    const [taken] = await store.claimDeliveries({ ...claim, owner: 'b', now: T0 + 60_001 });
    expect(taken).toMatchObject({ wasInterrupted: true, firstAttemptAt: T0 + 60_000 });
  });
});
