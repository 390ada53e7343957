import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ChannelSet, createChannelSet } from '../../../src/watcher/deliver/channel-set.ts';
import { aJob, anEvent, HOUR, jobId, T0 } from '../../support/builders.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

let store: Store;
let signals: Signals;
let set: ChannelSet;
let recorded: string[];

beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  const logger = createRecordingLogger();
  signals = createSignals(logger);
  recorded = [];
  signals.on('delivery:recorded', ({ outcome }) => recorded.push(outcome));
  set = createChannelSet({
    store,
    signals,
    recorder: aRecorder({ store, clock: systemClock, signals, logger }),
    clock: systemClock,
    logger,
    faultLog: createFaultLog(logger),
    owner: 'me',
    random: () => 0,
    lookEveryMs: HOUR,
  });
});
afterEach(async () => {
  await set.stop();
  await store.close();
});

/** Owes one event about each of these jobs to the channel. */
async function owe(...jobs: number[]): Promise<void> {
  const events = jobs.map((job) => ({
    event: anEvent('failed', { id: `event-${job}`, job: aJob(['failed'], { id: jobId(job) }) }),
    channels: ['oncall'],
    suppressed: null,
  }));
  await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [] });
  signals.emit('deliveries:owed', { channels: ['oncall'] });
}

async function untilRecorded(count: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (recorded.length < count) return;
      end();
      resolve();
    };
    const end = signals.on('delivery:recorded', look);
    look();
  });
}

it('delivers what is owed as soon as it hears of it, not at its next look', async () => {
  const notifier = createFakeNotifier();
  await set.apply([notifier]);
  await owe(1);
  await untilRecorded(1);
  await owe(2);
  await untilRecorded(2);
  expect(notifier.accepted.flat().map(({ eventId }) => eventId)).toEqual(['event-1', 'event-2']);
});

it('delivers through a new notifier when the send of the old one has ended, and nothing twice', async () => {
  const gate = Promise.withResolvers<void>();
  const sending = Promise.withResolvers<void>();
  const old = createFakeNotifier();
  old.answer = () => {
    sending.resolve();
    return gate.promise;
  };
  await set.apply([old]);
  await owe(1);
  await sending.promise;

  const next = createFakeNotifier();
  const followed = set.apply([next]);
  await owe(2);
  expect(next.sends).toBe(0);
  gate.resolve();
  await followed;
  await untilRecorded(2);
  expect(old.accepted.flat().map(({ eventId }) => eventId)).toEqual(['event-1']);
  expect(next.accepted.flat().map(({ eventId }) => eventId)).toEqual(['event-2']);
});

it('leaves a channel whose notifier is the same alone', async () => {
  const notifier = createFakeNotifier();
  await set.apply([notifier]);
  await set.apply([notifier, createFakeNotifier({ channel: 'dba' })]);
  await owe(1);
  await untilRecorded(1);
  expect(notifier.sends).toBe(1);
});

it('delivers no more to a channel that has left the configuration; what it is owed stays owed', async () => {
  const notifier = createFakeNotifier();
  await set.apply([notifier]);
  await set.apply([]);
  await owe(1);
  expect(notifier.sends).toBe(0);
  expect(await store.countDeliveries(T0)).toMatchObject([{ channel: 'oncall', status: 'pending', count: 1 }]);
});
