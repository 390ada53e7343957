import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ChannelSet, createChannelSet } from '../../../src/watcher/deliver/channel-set.ts';
import { leasesAlone } from '../../../src/watcher/leases/leases.ts';
import { HOUR, T0 } from '../../support/builders.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { NO_STEPS } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openEmbeddedStore } from '../../support/test-store.ts';
import { oweJobs } from './owe-jobs.ts';

let store: Store;
let signals: Signals;
let set: ChannelSet;
let recorded: string[];

beforeEach(async () => {
  store = await openEmbeddedStore();
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
    leases: leasesAlone(),
    owner: 'me',
    random: () => 0,
    steps: NO_STEPS,
    lookEveryMs: HOUR,
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await set.stop();
  await store.close();
});

const owe = (...jobs: number[]): Promise<void> => oweJobs({ store, signals }, jobs);

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

describe('changes that overlap while a send hangs', () => {
  /** Sends until `letGo`, or until it is cut short. */
  function aHangingNotifier() {
    const gate = Promise.withResolvers<void>();
    const sending = Promise.withResolvers<void>();
    const notifier = createFakeNotifier();
    notifier.answer = (_notices, signal) => {
      sending.resolve();
      signal.addEventListener('abort', () => gate.reject(signal.reason));
      return gate.promise;
    };
    return { notifier, sending: sending.promise, letGo: gate.resolve };
  }

  it('leave one worker, which sends to the last address alone, and nothing twice', async () => {
    const first = aHangingNotifier();
    await set.apply([first.notifier]);
    await owe(1);
    await first.sending;
    const [second, third] = [createFakeNotifier(), createFakeNotifier()];
    const changes = [set.apply([second]), set.apply([]), set.apply([third])];
    await owe(2);
    expect(set.waitsForMs('oncall')).toBeGreaterThanOrEqual(0);
    first.letGo();
    await Promise.all(changes);
    await untilRecorded(2);
    await owe(3);
    await untilRecorded(3);
    expect(set.waitsForMs('oncall')).toBeNull();
    expect([first.notifier, second, third].map(({ sends }) => sends)).toEqual([1, 0, 2]);
  });

  it('leave nothing that goes on after the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const first = aHangingNotifier();
    await set.apply([first.notifier]);
    await owe(1);
    await first.sending;
    const second = createFakeNotifier();
    const changes = [set.apply([second]), set.apply([createFakeNotifier()]), set.stop()];
    await vi.advanceTimersByTimeAsync(6_000);
    await Promise.all(changes);
    expect(vi.getTimerCount()).toBe(0);
    await owe(2);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect([first.notifier.sends, second.sends]).toEqual([1, 0]);
    expect(await store.countDeliveries(T0)).toMatchObject([{ status: 'pending', count: 2 }]);
  });

  it('do not wait for a send that does not end though it was cut short', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const first = createFakeNotifier();
    const sending = Promise.withResolvers<void>();
    first.answer = () => {
      sending.resolve();
      return new Promise(() => {});
    };
    await set.apply([first]);
    await owe(1);
    await sending.promise;
    const second = createFakeNotifier();
    const changed = set.apply([second]);
    await vi.advanceTimersByTimeAsync(62_000);
    await changed;
    await untilRecorded(2);
    expect(recorded).toEqual(['retry', 'delivered']);
    expect(second.accepted.flat().map(({ eventId }) => eventId)).toEqual(['event-1']);
  });
});
