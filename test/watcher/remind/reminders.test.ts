import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shortDrills } from '../../../src/domain/drills/drill.ts';
import type { Watch } from '../../../src/domain/job/watch.ts';
import type { Route } from '../../../src/domain/telling/routing.ts';
import { DeliveryError, SourceError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ChannelAlerts, createChannelAlerts } from '../../../src/watcher/deliver/channel-alerts.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { DrillLook } from '../../../src/watcher/drills/drill-look.ts';
import { leasesAlone } from '../../../src/watcher/leases/leases.ts';
import { createReminders, remindDue } from '../../../src/watcher/remind/reminders.ts';
import { createVisibility } from '../../../src/watcher/remind/visibility.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import type { WatchLoop } from '../../../src/watcher/watch/watch-loop.ts';
import { aJob, aMuteRequest, aRoute, aWatch, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { aConfidence } from '../../support/confidence.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock, NO_STEPS } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const HOURLY = aRoute({ remindEveryMs: HOUR });

let store: Store;
let source: FakeSource;
let clock: ManualClock;
let signals: Signals;
let loop: WatchLoop;
let alerts: ChannelAlerts;
let logger: ReturnType<typeof createRecordingLogger>;
let oncall: FakeNotifier;
let siem: FakeNotifier;
let routes: Route[];
let watches: Watch[];
let counted: string[];

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  clock = createManualClock(T0);
  oncall = createFakeNotifier({ channel: 'oncall' });
  siem = createFakeNotifier({ channel: 'siem' });
  routes = [HOURLY];
  counted = [];
  await begin();
  await poll();
});
afterEach(async () => {
  await end();
  await store.close();
});

let drills: DrillLook;

/** As at the start of a process: what was told before is known from the store alone. */
async function begin(over: Partial<Watch> = {}): Promise<void> {
  await end();
  logger = createRecordingLogger();
  signals = createSignals(logger);
  signals.on('event:recorded', ({ name, hasHappened }) => {
    if (hasHappened) counted.push(name);
  });
  const watch = aWatch(over);
  watches = [watch];
  drills = new DrillLook(
    {
      store: { ...store, lastSuccesses: async () => new Map([[watch.name, clock.now()]]) },
      recorder: deps().recorder,
      surelyNow: () => clock.now(),
    },
    { drills: shortDrills(watches), watches },
  );
  loop = createWatchLoop({ ...deps(), source, random: () => 0 }, { watch, gapMs: () => 30_000 });
  alerts = createChannelAlerts({ ...deps(), leases: leasesAlone() });
  await alerts.begin();
  alerts.apply(['oncall', 'siem']);
}

async function end(): Promise<void> {
  await loop?.stop(0);
  alerts?.end();
}

function deps(inUse = store) {
  const visibilityOf = createVisibility({
    watches: () => watches,
    loopOf: (name) => (name === loop.watch.name ? loop : null),
    channels: () => alerts.status(),
  });
  const faultLog = createFaultLog(logger, clock);
  const recorder = aRecorder({ store: inUse, clock, logger, signals }, () => ({ routes }));
  return { store: inUse, recorder, clock, logger, faultLog, signals, visibilityOf, steps: NO_STEPS };
}

async function poll(): Promise<void> {
  await loop.pollNow();
}

/** Lets so much time go by, with a poll, a look at the reminders and a pass of every channel each minute. */
async function live(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += MINUTE) {
    clock.advance(MINUTE);
    await poll();
    while (!(await drills.look()));
    await remindDue(deps());
    alerts.beat();
    await deliver();
  }
}

async function deliver(): Promise<void> {
  for (const notifier of [oncall, siem]) {
    const faultLog = createFaultLog(logger, clock);
    while (
      (
        await dispatchOnce(
          {
            ...deps(),
            owner: 'me',
            random: () => 0,
            faultLog,
            confidence: aConfidence(clock),
            notifier,
          },
          new AbortController().signal,
        )
      ).mayHaveMore
    );
  }
}

function told({ accepted }: FakeNotifier = oncall): string[] {
  return accepted.flat().map(({ name }) => name);
}

async function summaries(): Promise<string[]> {
  const { items } = await store.listEvents({ limit: 99 });
  return items
    .filter(({ event }) => event.reminder)
    .map(({ event }) => event.summary)
    .reverse();
}

async function startJob(): Promise<void> {
  source.jobs = [aJob([], { createdAt: clock.now() })];
  await poll();
}

describe('a restore that goes on', () => {
  it('is told again every so long until it ends, and counts as started once', async () => {
    await startJob();
    await live(3 * HOUR + 30 * MINUTE);
    expect(told()).toEqual(['started', 'started', 'started', 'started']);
    expect(await summaries()).toEqual([
      'Restore 6ae8…0001 of orders to orders-copy is still running after 1 h',
      'Restore 6ae8…0001 of orders to orders-copy is still running after 2 h',
      'Restore 6ae8…0001 of orders to orders-copy is still running after 3 h',
    ]);
    source.jobs = [aJob(['failed'])];
    await live(3 * HOUR);
    expect(told().slice(4)).toEqual(['failed']);
    expect(counted).toEqual(['started', 'failed']);
  });

  it('is told again at the same times though the process is started anew every few minutes', async () => {
    await startJob();
    for (let minutes = 0; minutes < 150; minutes += 10) {
      await live(10 * MINUTE);
      await begin();
      await poll();
    }
    expect(told()).toEqual(['started', 'started', 'started']);
  });

  it('is told again once, when the process was down for long', async () => {
    await startJob();
    await live(MINUTE);
    clock.advance(26 * HOUR);
    await begin();
    await live(3 * MINUTE);
    expect(await summaries()).toEqual([
      'Restore 6ae8…0001 of orders to orders-copy is still running after 1 d 2 h',
    ]);
  });

  it('is not said to go on by a process that has not looked yet', async () => {
    await startJob();
    clock.advance(2 * HOUR);
    source.jobs = [aJob(['finished'])];
    await begin();
    await remindDue(deps());
    await live(2 * HOUR);
    expect(await summaries()).toEqual([]);
    expect(told()).toEqual(['started', 'finished']);
  });

  it('is not said to go on while its watch is blind, and is told soon after sight is back', async () => {
    await startJob();
    await live(30 * MINUTE);
    source.fault = new SourceError('unavailable', 'away');
    await live(2 * HOUR);
    expect(told()).toEqual(['started', 'watch_failing', 'watch_failing']);
    source.fault = null;
    await live(2 * MINUTE);
    expect(told().slice(3)).toEqual(['watch_recovered', 'started']);
  });

  it('is not told again while it is muted, and is from then on', async () => {
    await startJob();
    await live(MINUTE);
    await store.addMute(aMuteRequest({ until: T0 + 150 * MINUTE }));
    await live(150 * MINUTE);
    expect(told()).toEqual(['started']);
    await live(HOUR);
    expect(told()).toEqual(['started', 'started']);
    expect((await summaries())[0]).toContain('still running after 3 h');
  });

  it('is told after a mute though the mute has kept its start from everybody', async () => {
    await store.addMute(aMuteRequest({ until: T0 + 30 * MINUTE }));
    await startJob();
    await live(70 * MINUTE);
    expect(told()).toEqual(['started']);
    expect(await summaries()).toHaveLength(1);
  });

  it('is told again in one voice when it has stalled', async () => {
    await begin({ stalledAfter: 30 * MINUTE });
    await startJob();
    await live(2 * HOUR + 40 * MINUTE);
    expect(told()).toEqual(['started', 'stalled', 'stalled', 'stalled']);
  });

  it('does not pile up for a channel that takes nothing', async () => {
    await startJob();
    await live(MINUTE);
    let isDown = true;
    oncall.answer = () => {
      if (isDown) throw new DeliveryError('unavailable', 'HTTP 503', { retryable: true });
    };
    await live(5 * HOUR);
    isDown = false;
    await live(4 * HOUR);
    // One that had been owed before, and then one an hour.
    expect(told().length).toBeGreaterThanOrEqual(4);
    expect(told().length).toBeLessThanOrEqual(6);
  });

  it('is not told again to whom the routes no longer remind', async () => {
    await startJob();
    await live(HOUR);
    routes = [aRoute()];
    await live(3 * HOUR);
    expect(told()).toEqual(['started', 'started']);
    routes = [HOURLY];
    await live(2 * HOUR);
    expect(told()).toEqual(['started', 'started']);
  });

  it('is not told again when its watch is gone, or is pointed elsewhere', async () => {
    await startJob();
    watches = [];
    await live(2 * HOUR);
    expect(told()).toEqual(['started']);
  });
});

describe('a job that has gone', () => {
  it('is told again until it is found', async () => {
    await startJob();
    await live(MINUTE);
    const gone = source.jobs;
    source.jobs = [];
    await live(2 * HOUR + 10 * MINUTE);
    expect(told()).toEqual(['started', 'missing', 'missing', 'missing']);
    source.jobs = gone;
    await live(2 * HOUR);
    expect(told().slice(4)).toEqual(['started', 'started']);
  });
});

describe('a link that runs out', () => {
  it('is told again until then', async () => {
    routes = [aRoute({ remindEveryMs: 10 * MINUTE })];
    await begin({ expiringWithinMs: 30 * MINUTE });
    const over = { createdAt: T0, deliveryType: 'download', expiresAt: T0 + HOUR, targetClusterName: null };
    source.jobs = [aJob(['ready'], over, 5)];
    await live(2 * HOUR);
    expect(told()).toEqual(['started', 'ready', 'expiring', 'expiring', 'expiring']);
    expect(await summaries()).toEqual([
      'Download 6ae8…0001 of orders expires in 20 min',
      'Download 6ae8…0001 of orders expires in 10 min',
    ]);
  });
});

describe('a watch that cannot be polled', () => {
  beforeEach(async () => {
    source.fault = new SourceError('auth', 'the key is refused', { hint: 'Check the key.' });
  });

  it('is told again until it can, also across a restart', async () => {
    await live(HOUR);
    source.fault = new SourceError('refused', 'the access list says no');
    await begin();
    await live(HOUR + 10 * MINUTE);
    expect(told()).toEqual(['watch_failing', 'watch_failing', 'watch_failing']);
    expect((await summaries())[1]).toBe(
      'Watch orders still cannot be polled, for 2 h now: the access list says no',
    );
    source.fault = null;
    await live(2 * HOUR);
    expect(told().slice(3)).toEqual(['watch_recovered']);
  });

  it('is told again as often as before when it fails anew', async () => {
    await live(30 * MINUTE);
    source.fault = null;
    await live(5 * MINUTE);
    source.fault = new SourceError('auth', 'the key is refused');
    await live(2 * HOUR + 10 * MINUTE);
    expect(told()).toEqual([
      'watch_failing',
      'watch_recovered',
      'watch_failing',
      'watch_failing',
      'watch_failing',
    ]);
  });
});

describe('a channel that fails', () => {
  it('is told again through the others alone, until it accepts what it has given up', async () => {
    routes = [aRoute({ channels: ['oncall', 'siem'], remindEveryMs: HOUR })];
    let isDown = true;
    oncall.answer = () => {
      if (isDown) throw new DeliveryError('refused', 'HTTP 404', { retryable: false });
    };
    source.jobs = [
      aJob([], { createdAt: clock.now() }),
      aJob(['failed'], { id: jobId(2), createdAt: clock.now() }, 1),
    ];
    await live(2 * HOUR + 10 * MINUTE);
    expect(told(siem).filter((name) => name === 'channel_failing')).toHaveLength(3);
    expect(await summaries()).toContain('Channel oncall still fails, for 2 h now');
    const { items } = await store.listDeliveries({ channel: 'oncall', limit: 99 });
    expect(items.filter(({ event }) => event.name === 'channel_failing')).toEqual([]);

    isDown = false;
    await store.redrive('given_up', clock.now());
    await live(3 * HOUR);
    expect(told(siem).filter((name) => name === 'channel_failing').length).toBeLessThanOrEqual(4);
    expect(told(siem)).toContain('channel_recovered');
    expect(alerts.status().every(({ failing }) => failing === null)).toBe(true);
  });
});

describe('a drill that is overdue', () => {
  it('is told again until a restore has finished', async () => {
    routes = [aRoute({ events: ['drill_overdue'], remindEveryMs: 24 * HOUR })];
    await begin({ expectRestoreEveryMs: 2 * HOUR });
    await live(2 * HOUR + 5 * MINUTE);
    expect(told()).toEqual(['drill_overdue']);
    clock.advance(23 * HOUR + 50 * MINUTE);
    await live(20 * MINUTE);
    expect(told()).toEqual(['drill_overdue', 'drill_overdue']);
    expect(await summaries()).toEqual(['No restore of watch orders has finished while it was watched']);
    source.jobs = [aJob(['finished'], { createdAt: clock.now() }, 1)];
    await live(HOUR);
    clock.advance(24 * HOUR);
    routes = [aRoute({ events: ['drill_overdue'], channels: ['siem'] })];
    await live(10 * MINUTE);
    expect(told()).toHaveLength(2);
  });
});

describe('the looks', () => {
  it('come every few seconds, and one at a time', async () => {
    const whole = store;
    let looks = 0;
    const first = Promise.withResolvers<[]>();
    const remind = () => {
      looks += 1;
      return looks === 1 ? first.promise : Promise.resolve([]);
    };
    const reminders = createReminders(deps({ ...whole, remind }));
    const beatAfter = async (ms: number): Promise<number> => {
      clock.advance(ms);
      reminders.beat();
      await new Promise((resolve) => setImmediate(resolve));
      return looks;
    };
    expect(await beatAfter(4_999)).toBe(0);
    expect(await beatAfter(1)).toBe(1);
    expect(await beatAfter(MINUTE)).toBe(1);
    first.resolve([]);
    expect(await beatAfter(0)).toBe(1);
    expect(await beatAfter(0)).toBe(2);
    await reminders.stop();
    expect(await beatAfter(MINUTE)).toBe(2);
  });

  it('go on though the store fails, which is told once', async () => {
    let isFull = true;
    const whole = store;
    const remind: Store['remind'] = (...look) =>
      isFull ? Promise.reject(new Error('disk full')) : whole.remind(...look);
    await startJob();
    await live(HOUR - MINUTE);
    const reminders = createReminders(deps({ ...whole, remind }));
    const faults = () => logger.lines.filter(({ level }) => level === 'error');
    for (let look = 0; look < 12; look += 1) {
      clock.advance(5_000);
      reminders.beat();
      await expect.poll(() => faults().length).toBe(1);
    }
    await poll();
    isFull = false;
    clock.advance(5_000);
    reminders.beat();
    await expect.poll(summaries).toHaveLength(1);
    await reminders.stop();
    expect(faults()).toHaveLength(1);
  });
});
