import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { DeliveryError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ChannelAlerts, createChannelAlerts } from '../../../src/watcher/deliver/channel-alerts.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { leasesAlone } from '../../../src/watcher/leases/leases.ts';
import type { Recorder } from '../../../src/watcher/record/recorder.ts';
import type { RecordingRules } from '../../../src/watcher/record/rules.ts';
import {
  createTestAlerts,
  sendTestAlert,
  type TestAlertConfig,
} from '../../../src/watcher/remind/test-alert.ts';
import { aMuteRequest, aRoute, aWatch, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aConfidence } from '../../support/confidence.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openEmbeddedStore } from '../../support/test-store.ts';

const CONFIG: TestAlertConfig = {
  testAlert: { schedule: '0 9 * * *', event: 'failed', watch: 'orders', target: null },
  watches: [aWatch({ name: 'users' }), aWatch()],
};
const ROUTES = [
  aRoute({ events: ['failed'], channels: ['pager'] }),
  aRoute({ events: ['channel_failing', 'channel_recovered'], channels: ['pager', 'mail'] }),
];

let store: Store;
let signals: Signals;
let logger: ReturnType<typeof createRecordingLogger>;

beforeEach(async () => {
  store = await openEmbeddedStore();
  logger = createRecordingLogger();
  signals = createSignals(logger);
});
afterEach(() => store.close());

function recorder(clock: Clock, rules: Partial<RecordingRules> = {}): Recorder {
  const projectUrl = () => 'https://cloud.mongodb.com/v2/x';
  return aRecorder({ store, clock, signals, logger }, { routes: ROUTES, projectUrl, ...rules });
}

async function told(): Promise<string[]> {
  const { items } = await store.listEvents({ limit: 50 });
  return items
    .map(({ event, deliveries }) => `${event.name} → ${deliveries.map(({ channel }) => channel).join()}`)
    .reverse();
}

describe('a test alert that is sent', () => {
  let clock: ManualClock;
  beforeEach(() => {
    clock = createManualClock(T0);
  });
  const send = (over: Partial<TestAlertConfig> = {}, rules: Partial<RecordingRules> = {}) =>
    sendTestAlert({ recorder: recorder(clock, rules) }, { ...CONFIG, ...over });

  it('is owed to those whom the routes would tell, marked as a sample, and wakes them', async () => {
    const woken: string[] = [];
    signals.on('deliveries:owed', ({ channels }) => woken.push(...channels));
    await send();
    const [testAlert] = (await store.listEvents({ limit: 1 })).items;
    expect(testAlert?.event).toMatchObject({
      name: 'failed',
      subject: { watch: 'orders', projectUrl: 'https://cloud.mongodb.com/v2/x' },
      test: true,
    });
    expect(await told()).toEqual(['failed → pager']);
    expect(woken).toEqual(['pager']);
    const kinds = (await store.readAudit(0, 9)).map(({ kind }) => kind);
    expect(kinds).toEqual(['test_alert.sent', 'decision']);
  });

  it('is sent though its watch is muted', async () => {
    await store.addMute(aMuteRequest({ watch: '*' }));
    await send();
    expect(await told()).toEqual(['failed → pager']);
  });

  it('is no restore: it counts neither as a transition nor as one that finished', async () => {
    const counted: boolean[] = [];
    signals.on('event:recorded', ({ hasHappened }) => counted.push(hasHappened));
    await send({ testAlert: { schedule: '0 9 * * *', event: 'finished', watch: 'orders', target: null } });
    expect(counted).toEqual([false]);
    expect(await store.lastFinishedAt('orders')).toBeNull();
    expect(await store.countJobs()).toEqual([]);
  });

  it('is on record and warned of when no route takes it', async () => {
    await send({}, { routes: [] });
    const [testAlert] = (await store.listEvents({ limit: 1 })).items;
    expect(testAlert).toMatchObject({ suppressed: 'no_route', deliveries: [] });
    expect(logger.lines).toMatchObject([
      { level: 'warn', message: 'A test alert reaches nobody: no route takes it' },
    ]);
  });
});

describe('a test alert whose receiver does not take it', () => {
  let clock: ManualClock;
  let alerts: ChannelAlerts;
  let pager: FakeNotifier;
  beforeEach(async () => {
    clock = createManualClock(T0);
    pager = createFakeNotifier({ channel: 'pager' });
    await begin();
  });
  afterEach(() => alerts.end());

  /** As at the start of a process. */
  async function begin(): Promise<void> {
    alerts?.end();
    alerts = createChannelAlerts({
      leases: leasesAlone(),
      store,
      recorder: recorder(clock),
      clock,
      faultLog: createFaultLog(logger, clock),
      signals,
    });
    await alerts.begin();
    alerts.apply(['pager', 'mail']);
  }

  async function live(ms: number): Promise<void> {
    const deps = { store, recorder: recorder(clock), clock, logger, owner: 'me', random: () => 0 };
    for (let gone = 0; gone < ms; gone += 1_000) {
      clock.advance(1_000);
      await dispatchOnce(
        {
          ...deps,
          faultLog: createFaultLog(logger, clock),
          confidence: aConfidence(clock),
          notifier: pager,
        },
        new AbortController().signal,
      );
      alerts.beat();
    }
  }

  it('is told of through the other channel when it is given up', async () => {
    pager.answer = () => {
      throw new DeliveryError('refused', 'HTTP 404', { retryable: false });
    };
    await sendTestAlert({ recorder: recorder(clock) }, CONFIG);
    await live(1_000);
    await expect.poll(told).toEqual(['failed → pager', 'channel_failing → mail']);
  });

  it('is told of through the other channel when nothing is accepted for ten minutes', async () => {
    pager.answer = () => {
      throw new DeliveryError('unavailable', 'HTTP 503', { retryable: true });
    };
    await sendTestAlert({ recorder: recorder(clock) }, CONFIG);
    await live(10 * MINUTE);
    expect(await told()).toEqual(['failed → pager']);
    await live(2_000);
    await expect.poll(told).toEqual(['failed → pager', 'channel_failing → mail']);
  });
});

describe('a test alert schedule', () => {
  let monotonic: number;
  const clock: Clock = { now: () => Date.now(), monotonic: () => monotonic, sleep: async () => {} };
  beforeEach(() => {
    monotonic = 0;
    vi.useFakeTimers({
      now: Date.parse('2026-11-25T08:59:00.000Z'),
      toFake: ['setTimeout', 'clearTimeout', 'Date'],
    });
  });
  afterEach(() => vi.useRealTimers());

  /** Lets both clocks run. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= MINUTE) {
      monotonic += Math.min(MINUTE, left);
      await vi.advanceTimersByTimeAsync(Math.min(MINUTE, left));
    }
  }

  it('sends one at each slot, and none for those that went by while nothing ran', async () => {
    const deps = { recorder: recorder(clock), clock, logger };
    const first = createTestAlerts(deps);
    first.apply(CONFIG);
    await pass(2 * MINUTE);
    await first.stop();
    expect(await told()).toHaveLength(1);

    vi.setSystemTime(Date.parse('2026-11-28T12:00:00Z'));
    const second = createTestAlerts(deps);
    second.apply(CONFIG);
    await pass(HOUR);
    expect(await told()).toHaveLength(1);
    await pass(20 * HOUR + MINUTE);
    await second.stop();
    expect(await told()).toHaveLength(2);
  });

  it('follows a new configuration, and ends with one that has no test alert', async () => {
    let routes = ROUTES;
    const deps = {
      recorder: aRecorder({ store, clock, signals, logger }, () => ({ routes })),
      clock,
      logger,
    };
    const testAlerts = createTestAlerts(deps);
    testAlerts.apply(CONFIG);
    routes = [aRoute({ channels: ['mail'] })];
    testAlerts.apply({ ...CONFIG });
    await pass(2 * MINUTE);
    await expect.poll(told).toEqual(['failed → mail']);
    testAlerts.apply({ ...CONFIG, testAlert: null });
    await pass(25 * HOUR);
    await testAlerts.stop();
    testAlerts.apply(CONFIG);
    await pass(25 * HOUR);
    expect(await told()).toHaveLength(1);
  });
});
