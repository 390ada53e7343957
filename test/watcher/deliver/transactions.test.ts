import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EventName } from '../../../src/domain/event/event.ts';
import { aWatch } from '../../support/builders.ts';
import { countTransactions } from '../../support/count-transactions.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { outboxWorld } from './outbox-world.ts';
import { aWorker } from './worker-world.ts';

/** They are counted where the embedded store begins them. */
const isOtherStore = process.env.TEST_STORE === 'postgres';

describe.skipIf(isOtherStore)('transactions, each of them a flush of the disk,', () => {
  it('are two for an event alone: it is claimed in the one that records it, and its end is the other', async () => {
    const { recorder, untilRecorded, store } = await aWorker(createFakeNotifier());
    const transactions = countTransactions();
    const alert = {
      name: 'watch_failing',
      about: { watch: aWatch() },
      summary: 'blind',
      note: null,
    } as const;
    await recorder.recordAlert(alert, { raise: 'orders' });
    await untilRecorded(1);
    expect(transactions()).toBe(2);
    expect((await store.listDeliveries({ limit: 2 })).items).toMatchObject([
      { status: 'delivered', attemptsStarted: 1, attemptsFinished: 1 },
    ]);
  });

  it('are one for as many messages as a channel has in hand, when they end together: what follows is claimed in it', async () => {
    const COUNT = 201;
    const IN_HAND = 8;
    const { owe, untilRecorded } = await aWorker(createFakeNotifier({ concurrency: IN_HAND }));
    const transactions = countTransactions();
    await owe(...Array(COUNT).keys());
    await untilRecorded(COUNT);
    // What owes them; the claim of the first, by which the channel is trusted; its end; and the others.
    expect(transactions()).toBe(3 + (COUNT - 1) / IN_HAND);
  });

  it('are one for half of what a channel has in hand, when that ends one after the other', async () => {
    const COUNT = 201;
    const IN_HAND = 8;
    const notifier = createFakeNotifier({ concurrency: IN_HAND });
    let before = Promise.resolve();
    notifier.answer = () => {
      before = before.then(() => new Promise<void>((resolve) => void setImmediate(resolve)));
      return before;
    };
    const { owe, untilRecorded } = await aWorker(notifier);
    // What waits for the others waits for them alone, and never for the time.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const transactions = countTransactions();
    await owe(...Array(COUNT).keys());
    await untilRecorded(COUNT);
    expect(transactions()).toBeLessThanOrEqual(5 + (2 * COUNT) / IN_HAND);
  });

  it('are not waited for by a message that hangs: the others go on', async () => {
    const gate = Promise.withResolvers<void>();
    const notifier = createFakeNotifier();
    notifier.answer = ([notice]) => (notice?.event.id === 'event-1' ? gate.promise : undefined);
    const { owe, untilRecorded } = await aWorker(notifier);
    await owe(...Array(20).keys());
    await untilRecorded(19);
    gate.resolve();
    await untilRecorded(20);
    expect(notifier.accepted.at(-1)).toMatchObject([{ eventId: 'event-1' }]);
  });
});

describe('a process that dies before it has recorded what was accepted together', () => {
  it('repeats what it had in hand, once each and no more, and says so in the audit log', async () => {
    const IN_HAND = 8;
    const world = await outboxWorld({ concurrency: IN_HAND });
    const { store, clock } = world;
    await world.owe(['failed', 0]);
    await world.pass();
    await world.owe(...Array.from({ length: 20 }, (_, job): [EventName, number] => ['failed', job + 1]));
    const { recordOutcomes } = store;
    const isDead = Promise.withResolvers<void>();
    store.recordOutcomes = () => {
      isDead.resolve();
      return new Promise(() => {});
    };
    void world.pass();
    await isDead.promise;
    const before = world.accepted();
    expect(before).toHaveLength(1 + IN_HAND);

    store.recordOutcomes = recordOutcomes;
    await world.restart();
    // Where others may work with the store, a claim ends with its lease.
    clock.advance(16_000);
    await world.drain();
    const after = world.accepted().slice(before.length);
    expect(after.filter((id) => before.includes(id)).toSorted()).toEqual(before.slice(1).toSorted());
    expect(new Set(world.accepted()).size).toBe(21);
    expect(world.accepted()).toHaveLength(21 + IN_HAND);
    const interrupted = (await world.audit()).filter(({ kind }) => kind === 'delivery.interrupted');
    expect(interrupted.map(({ data }) => data.deliveryId).toSorted()).toEqual(before.slice(1).toSorted());
  });
});
