import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { verifyStore } from '../../../src/audit/verify.ts';
import type { DeliveryOutcome } from '../../../src/store/ports/outbox.ts';
import { openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { countTransactions } from '../../support/count-transactions.ts';
import { aCommit, aDraft, anImpossibleDraft, openForTest, plan, temporaryDirectory } from '../support.ts';

const CLAIM = {
  channel: 'oncall',
  owner: 'me',
  now: T0,
  leaseMs: 15_000,
  limit: 10,
  perKey: 'head' as const,
};

describe('what is written', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openForTest({ path: ':memory:' });
  });
  const delivered = (id: string): DeliveryOutcome => ({ id, kind: 'delivered', at: T0, detail: '' });

  it('alone is one transaction', async () => {
    const transactions = countTransactions();
    await store.recordAudit([aDraft(1)]);
    expect(transactions()).toBe(1);
    await store.recordAudit([aDraft(2)]);
    expect(transactions()).toBe(2);
  });

  it('at once is committed together, in the order in which it was asked for', async () => {
    const transactions = countTransactions();
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(numbers.map((number) => store.recordAudit([aDraft(number)])));
    expect(transactions()).toBe(1);
    expect(await store.readAudit(0, 100)).toMatchObject(numbers.map((number) => ({ data: { number } })));
    expect(await verifyStore(store)).toMatchObject({ entries: 20, problems: [] });
  });

  it('can be claimed in the same transaction by whoever asks while it is written', async () => {
    const transactions = countTransactions();
    const written = store.commitPoll(aCommit({ events: [plan(1)] }));
    const [claimed] = await store.claimDeliveries(CLAIM);
    await written;
    expect(claimed).toMatchObject({ attemptsStarted: 1, wasInterrupted: false });
    expect(transactions()).toBe(1);
  });

  it('of an end can be followed by the next claim in the same transaction', async () => {
    await store.commitPoll(aCommit({ events: [plan(1), plan(2)] }));
    const [held] = await store.claimDeliveries({ ...CLAIM, limit: 1 });
    const transactions = countTransactions();
    const [, next] = await Promise.all([
      store.recordOutcomes([delivered(String(held?.id))], [], 'me'),
      store.claimDeliveries(CLAIM),
    ]);
    expect(next).toHaveLength(1);
    expect(transactions()).toBe(1);
  });

  it('by itself is written when what comes with it fails, and nothing of that is', async () => {
    const results = await Promise.allSettled([
      store.recordAudit([aDraft(1)]),
      store.recordAudit([anImpossibleDraft()]),
      store.commitPoll(aCommit({ events: [plan(3)] })),
      store.claimDeliveries(CLAIM),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(results[3]).toMatchObject({ value: [{ attemptsStarted: 1 }] });
    expect(await verifyStore(store)).toMatchObject({ problems: [] });
    expect(await store.readAudit(0, 10)).toHaveLength(1);
  });

  it('under a turn does not ride along with a claim that has none', async () => {
    await store.commitPoll(aCommit({ events: [plan(1)] }));
    const transactions = countTransactions();
    const claiming = store.claimDeliveries(CLAIM);
    // It looks first; then its transaction is open.
    for (let turn = 0; turn < 100 && transactions() === 0; turn += 1) await null;
    await Promise.all([claiming, store.recordAudit([aDraft(1)])]);
    expect(transactions()).toBe(2);
  });

  it('at once is refused at once while another process holds the file locked', async () => {
    const path = join(temporaryDirectory(), 'locked.db');
    const locked = await openForTest({ path });
    const other = openConnection(path, { readOnly: false });
    other.exec('begin immediate');
    const transactions = countTransactions();
    const writes = [1, 2, 3, 4, 5].map((number) => locked.recordAudit([aDraft(number)]));
    expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(
      writes.map(() => 'rejected'),
    );
    // Each try waits for the lock, and the event loop stands still meanwhile.
    expect(transactions()).toBe(1);
    other.exec('rollback');
    other.close();
    await locked.recordAudit([aDraft(6)]);
    expect((await locked.auditHead()).seq).toBe(1);
  });
});
