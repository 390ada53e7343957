import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { EventName } from '../../../src/domain/event/event.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { createChannelSet } from '../../../src/watcher/deliver/channel-set.ts';
import { aJob, anEvent, aRoute, aWatch, HOUR, jobId, T0 } from '../../support/builders.ts';
import { countTransactions } from '../../support/count-transactions.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { NO_STEPS } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { outboxWorld } from './outbox-world.ts';

/** A worker that is idle, over a real store. */
async function aWorker(notifier: FakeNotifier) {
  const store = await openSqliteStore({ path: ':memory:' });
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const clock = systemClock;
  const recorder = aRecorder({ store, clock, signals, logger }, { routes: [aRoute()] });
  const set = createChannelSet({
    ...{ store, signals, recorder, clock, logger },
    faultLog: createFaultLog(logger),
    owner: 'me',
    random: () => 0,
    steps: NO_STEPS,
    lookEveryMs: HOUR,
  });
  onTestFinished(async () => {
    await set.stop();
    await store.close();
  });
  let recorded = 0;
  const all = { count: 0, done: () => {} };
  signals.on('delivery:recorded', () => {
    recorded += 1;
    if (recorded === all.count) all.done();
  });
  await set.apply([notifier]);
  // It has looked, and waits.
  await new Promise(setImmediate);
  return {
    store,
    signals,
    recorder,
    /** Resolves when so many have ended since the beginning. */
    untilRecorded: (count: number) =>
      new Promise<void>((resolve) => {
        Object.assign(all, { count, done: resolve });
        if (recorded >= count) resolve();
      }),
  };
}

describe('transactions, each of them a flush of the disk,', () => {
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
    const { store, signals, untilRecorded } = await aWorker(createFakeNotifier({ concurrency: IN_HAND }));
    const events = Array.from({ length: COUNT }, (_, number) => ({
      event: anEvent('failed', { id: `event-${number}`, job: aJob(['failed'], { id: jobId(number) }) }),
      channels: ['oncall'],
      suppressed: null,
    }));
    await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [] });
    const transactions = countTransactions();
    signals.emit('deliveries:owed', { channels: ['oncall'] });
    await untilRecorded(COUNT);
    // The claim of the first, by which the channel is trusted; its end; and the others.
    expect(transactions()).toBe(2 + (COUNT - 1) / IN_HAND);
  });

  it('are not waited for by a message that hangs: the others go on', async () => {
    const gate = Promise.withResolvers<void>();
    const notifier = createFakeNotifier();
    notifier.answer = ([notice]) => (notice?.event.id === 'event-1' ? gate.promise : undefined);
    const { store, signals, untilRecorded } = await aWorker(notifier);
    const events = Array.from({ length: 20 }, (_, number) => ({
      event: anEvent('failed', { id: `event-${number}`, job: aJob(['failed'], { id: jobId(number) }) }),
      channels: ['oncall'],
      suppressed: null,
    }));
    await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [] });
    signals.emit('deliveries:owed', { channels: ['oncall'] });
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
    clock.advance(1_000);
    await world.drain();
    const after = world.accepted().slice(before.length);
    expect(after.filter((id) => before.includes(id)).toSorted()).toEqual(before.slice(1).toSorted());
    expect(new Set(world.accepted()).size).toBe(21);
    expect(world.accepted()).toHaveLength(21 + IN_HAND);
    const interrupted = (await world.audit()).filter(({ kind }) => kind === 'delivery.interrupted');
    expect(interrupted.map(({ data }) => data.deliveryId).toSorted()).toEqual(before.slice(1).toSorted());
  });
});
