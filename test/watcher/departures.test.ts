import { afterEach, beforeEach, expect, it } from 'vitest';
import { alertKey } from '../../src/domain/event/alert.ts';
import type { AlertEventName } from '../../src/domain/event/event.ts';
import { hasLeft, placeOf } from '../../src/domain/event/subject.ts';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import type { Store } from '../../src/store/store.ts';
import { createDepartures, type Departures } from '../../src/watcher/departures.ts';
import type { Recorder } from '../../src/watcher/record/recorder.ts';
import { aRoute, aWatch, MINUTE, T0 } from '../support/builders.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { aRecorder } from '../support/recorder.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openNewStore } from '../support/test-store.ts';

const USERS = { groupId: 'g', projectName: 'alpha', instanceName: 'users' };

let store: Store;
let clock: ManualClock;
let recorder: Recorder;
let running: string[];
let closed: string[];
let departures: Departures;

beforeEach(async () => {
  store = await openNewStore();
  clock = createManualClock(T0);
  recorder = aRecorder({ store, clock }, { routes: [aRoute()] });
  running = [];
  closed = [];
  departures = createDepartures({
    store,
    recorder,
    clock,
    faultLog: createFaultLog(createRecordingLogger(), clock),
    isRunning: (watch) => running.includes(watch),
    onChannelClosed: (channel) => closed.push(channel),
  });
});
afterEach(() => store.close());

async function raise(
  name: AlertEventName,
  about: { watch: string; part?: typeof USERS } | { channel: string },
) {
  clock.advance(1_000);
  const alert = { name, summary: name, note: null };
  if ('channel' in about) {
    return recorder.recordAlert({ ...alert, about }, { raise: alertKey(name, about.channel) });
  }
  const part = about.part ? { place: about.part, labels: { team: 'users' } } : null;
  const key = alertKey(name, about.watch, about.part ?? null);
  return recorder.recordAlert(
    { ...alert, about: { watch: aWatch({ name: about.watch }), part } },
    { raise: key },
  );
}

async function lookAt(configured: { watches: string[]; channels: string[] }): Promise<void> {
  clock.advance(10 * MINUTE);
  departures.apply(configured);
  departures.beat();
  await departures.stop();
}

it('closes what was told of a watch, of its parts and of a channel that have left, with an event each', async () => {
  await raise('watch_failing', { watch: 'orders' });
  await raise('watch_failing', { watch: 'orders', part: USERS });
  await raise('drill_overdue', { watch: 'orders' });
  await raise('channel_failing', { channel: 'chat' });
  await recorder.recordAlertState({ raise: 'failing_since/orders' }, clock.now());
  await lookAt({ watches: ['billing'], channels: ['oncall'] });

  expect(await store.readAlerts()).toEqual(new Map());
  const { items } = await store.listEvents({ limit: 9 });
  const told = items.map(({ event }) => event).filter(({ subject }) => hasLeft(subject));
  expect(told.map(({ name, summary }) => `${name}: ${summary}`).toSorted()).toEqual([
    'channel_recovered: Channel chat has left the configuration: what was told of it no longer holds',
    ...Array(3).fill(
      'watch_recovered: Watch orders has left the configuration: what was told of it no longer holds',
    ),
  ]);
  expect(told.flatMap((event) => placeOf(event) ?? [])).toEqual([USERS]);
  expect(closed).toEqual(['chat']);
});

it('leaves alone what is configured, and what still runs until it has ended', async () => {
  await raise('watch_failing', { watch: 'orders' });
  await raise('watch_failing', { watch: 'billing', part: USERS });
  await raise('channel_failing', { channel: 'chat' });
  running = ['billing'];
  await lookAt({ watches: ['orders'], channels: ['chat'] });
  expect((await store.readAlerts()).size).toBe(3);
});

it('leaves to a channel its own that returns while others are being closed', async () => {
  await raise('channel_failing', { channel: 'chat' });
  await raise('channel_failing', { channel: 'oncall' });
  departures.apply({ watches: [], channels: [] });
  departures.beat();
  departures.apply({ watches: [], channels: ['oncall'] });
  await departures.stop();
  expect(closed).toEqual(['chat']);
  expect([...(await store.readAlerts()).keys()]).toEqual([alertKey('channel_failing', 'oncall')]);
});
