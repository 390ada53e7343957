import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ChannelAlerts, createChannelAlerts } from '../../../src/watcher/deliver/channel-alerts.ts';
import { leasesAlone } from '../../../src/watcher/leases/leases.ts';
import { aCommit, plan } from '../../store/support.ts';
import { aMuteRequest, aRoute, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { quietStore } from '../../support/quiet-store.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const ROUTES = [aRoute({ channels: ['oncall', 'siem'] })];

let store: Store;
let clock: ManualClock;
let signals: Signals;
let logger: ReturnType<typeof createRecordingLogger>;
let alerts: ChannelAlerts;
/** Waits until the alerts ask nothing of the store any more. */
let quiet: () => Promise<void>;

beforeEach(async () => {
  store = await openNewStore();
  clock = createManualClock(T0);
  await begin();
});
afterEach(async () => {
  alerts.end();
  await store.close();
});

/** As at the start of a process: what was told before is known from the store alone. */
async function begin(): Promise<void> {
  alerts?.end();
  logger = createRecordingLogger();
  signals = createSignals(logger);
  const watched = quietStore(store);
  quiet = watched.quiet;
  alerts = createChannelAlerts({
    leases: leasesAlone(),
    store: watched.store,
    recorder: aRecorder({ store: watched.store, clock, signals, logger }, { routes: ROUTES }),
    clock,
    faultLog: createFaultLog(logger, clock),
    signals,
  });
  await alerts.begin();
  alerts.apply(['oncall', 'siem']);
}

function attempt(outcome: 'delivered' | 'retry' | 'given_up', channel = 'oncall'): void {
  signals.emit('delivery:recorded', {
    channel,
    recipient: null,
    outcome,
    latencyMs: null,
    eventId: 'x',
    detail: `HTTP ${outcome}`,
  });
}

async function told(): Promise<string[]> {
  const { items } = await store.listEvents({ limit: 1_000 });
  return items
    .map(({ event, deliveries }) => `${event.name} → ${deliveries.map(({ channel }) => channel).join()}`)
    .reverse();
}

/** Lets time go on, with a beat every half a minute. */
async function passes(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 30_000) {
    clock.advance(30_000);
    alerts.beat();
    await quiet();
  }
}

describe('a channel that fails', () => {
  it('is told of through the others as soon as it gives something up', async () => {
    attempt('given_up');
    await expect.poll(told).toEqual(['channel_failing → siem']);
    expect(alerts.status()[0]?.failing?.detail).toBe('HTTP given_up');
    expect(logger.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      channel: 'oncall',
      about: 'oncall',
      event: 'channel_failing',
      eventId: expect.any(String),
    });
  });

  it('is told of under the same id after the store has lost that it was told, and under another one the next time', async () => {
    const ids: string[][] = [];
    const accept = async (number: number, at: number): Promise<void> => {
      await store.commitPoll(aCommit({ events: [plan(number, { channels: ['oncall'] })] }));
      const { items } = await store.listDeliveries({ channel: 'oncall', status: 'pending', limit: 9 });
      await store.recordOutcomes(
        items.map(({ id }) => ({ id, kind: 'delivered', at, detail: 'ok' })),
        [],
      );
    };
    const failings = async (): Promise<string[]> =>
      (await store.listEvents({ limit: 99 })).items
        .filter(({ event }) => event.name === 'channel_failing')
        .map(({ event }) => event.id);
    for (const hasAccepted of [true, false, true, false]) {
      store = await openNewStore();
      const { close } = store;
      onTestFinished(() => close());
      await begin();
      await store.recordAudit([{ at: T0 - 2 * HOUR, kind: 'daemon.started', data: {} }]);
      if (hasAccepted) await accept(1, T0 - HOUR);
      // Found later each time.
      clock.advance(HOUR);
      attempt('given_up');
      await expect.poll(told).toContain('channel_failing → siem');
      ids.push(await failings());
    }
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
    expect(new Set(ids.flat()).size).toBe(2);
    await passes(MINUTE);
    await accept(2, clock.now());
    attempt('delivered');
    await passes(15 * MINUTE);
    expect(await told()).toContain('channel_recovered → siem');
    attempt('given_up');
    await expect.poll(async () => new Set(await failings()).size).toBe(2);
  });

  it('is told of, and of its recovery, at the next beat after the store has failed', async () => {
    const whole = store;
    let refusals = 0;
    const commitAlerts = async () => {
      refusals += 1;
      throw new Error('the disk is full');
    };
    store = { ...whole, commitAlerts };
    await begin();
    attempt('given_up');
    await expect.poll(() => refusals).toBe(1);
    store.commitAlerts = whole.commitAlerts;
    alerts.beat();
    await expect.poll(told).toEqual(['channel_failing → siem']);
    store.commitAlerts = commitAlerts;
    attempt('delivered');
    await passes(11 * MINUTE);
    expect(refusals).toBeGreaterThan(1);
    store.commitAlerts = whole.commitAlerts;
    alerts.beat();
    alerts.beat();
    await expect.poll(told).toEqual(['channel_failing → siem', 'channel_recovered → siem']);
  });

  it('is told of once, and its recovery too, though the answers to the commits are lost', async () => {
    const { commitAlerts } = store;
    let lost = 0;
    store.commitAlerts = async (commit) => {
      await commitAlerts(commit);
      lost += 1;
      throw new StoreError('unavailable', 'the connection was lost', { isInDoubt: true });
    };
    await begin();
    attempt('given_up');
    await expect.poll(() => lost).toBe(1);
    await passes(2 * MINUTE);
    expect(await told()).toEqual(['channel_failing → siem']);
    expect(alerts.status()[0]?.failing).not.toBeNull();
    attempt('delivered');
    await passes(15 * MINUTE);
    expect(await told()).toEqual(['channel_failing → siem', 'channel_recovered → siem']);
    expect(alerts.status()[0]?.failing).toBeNull();
    expect(lost).toBe(2);
  });

  it('is told of when it gives something up while it is being taken over, behind the look at what it has given up', async () => {
    const whole = store;
    let looks = 0;
    store = {
      ...whole,
      givenUpSince: async (since) => {
        const found = await whole.givenUpSince(since);
        if (looks++ === 1) attempt('given_up');
        return found;
      },
    };
    await begin();
    alerts.follow([]);
    alerts.follow(['oncall', 'siem']);
    await quiet();
    expect(looks).toBe(2);
    alerts.beat();
    await expect.poll(told).toEqual(['channel_failing → siem']);
  });

  it('is told of whatever is muted', async () => {
    await store.addMute(aMuteRequest({ watch: '*' }));
    await store.addMute(aMuteRequest({ watch: '*', events: ['channel_failing'] }));
    attempt('given_up');
    await expect.poll(told).toEqual(['channel_failing → siem']);
  });

  it('is told of once it has accepted nothing for ten minutes', async () => {
    attempt('retry');
    clock.advance(10 * MINUTE - 1);
    alerts.beat();
    expect(await told()).toEqual([]);
    clock.advance(1);
    alerts.beat();
    alerts.beat();
    await expect.poll(told).toEqual(['channel_failing → siem']);
  });

  it('is told of once, also across a restart, and again when it has accepted for a while', async () => {
    attempt('given_up');
    await expect.poll(told).toHaveLength(1);
    await begin();
    attempt('given_up');
    attempt('retry');
    await passes(20 * MINUTE);
    attempt('delivered');
    await passes(9 * MINUTE);
    expect(await told()).toEqual(['channel_failing → siem']);
    await passes(2 * MINUTE);
    expect(await told()).toEqual(['channel_failing → siem', 'channel_recovered → siem']);
    attempt('delivered');
    alerts.beat();
    expect(alerts.status()[0]?.failing).toBeNull();
    expect(await told()).toHaveLength(2);
  });

  it('is told of after ten minutes also when no process lives for so long', async () => {
    const failingSince = T0 - 9 * MINUTE;
    store = { ...store, failingChannels: async () => new Map([['oncall', failingSince]]) };
    await begin();
    clock.advance(5 * MINUTE);
    alerts.beat();
    await quiet();
    // Nothing was tried yet: perhaps it accepts again.
    expect(await told()).toEqual([]);
    attempt('retry');
    clock.advance(MINUTE);
    alerts.beat();
    await expect.poll(told).toEqual(['channel_failing → siem']);
  });

  it('counts anew from an acceptance, and when what is on record makes no sense', async () => {
    const nonsense = T0 + HOUR;
    const channels = new Map([
      ['oncall', T0 - 9 * MINUTE],
      ['siem', nonsense],
    ]);
    store = { ...store, failingChannels: async () => channels };
    await begin();
    attempt('delivered');
    attempt('retry');
    attempt('retry', 'siem');
    clock.advance(9 * MINUTE);
    alerts.beat();
    await quiet();
    expect(await told()).toEqual([]);
  });

  it('is no news when it fails for a moment', async () => {
    attempt('retry');
    clock.advance(MINUTE);
    attempt('delivered');
    clock.advance(20 * MINUTE);
    alerts.beat();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await told()).toEqual([]);
  });
});

describe('a channel that fails now and then', () => {
  const world = { numbers: 0 };
  /** One delivery, really given up (and so counted), or accepted. */
  async function delivers(outcome: 'delivered' | 'given_up'): Promise<string> {
    world.numbers += 1;
    const planned = plan(world.numbers, { job: world.numbers, detectedAt: clock.now() });
    await store.commitPoll(aCommit({ at: clock.now(), events: [planned] }));
    const id = `${planned.event.id}:oncall`;
    await store.recordOutcomes([{ id, kind: outcome, at: clock.now(), detail: `HTTP ${outcome}` }], []);
    attempt(outcome);
    return id;
  }
  const FAILING = 'channel_failing → siem';
  const RECOVERED = 'channel_recovered → siem';
  const alertsTold = async () => (await told()).filter((line) => line.includes('channel_')).sort();

  it('is told of once when it refuses every fourth job for good, and once more when that is over', async () => {
    const lost: string[] = [];
    for (let job = 1; job <= 280; job += 1) {
      if (job % 4 === 0) lost.push(await delivers('given_up'));
      else await delivers('delivered');
      await passes(MINUTE);
      if (job === 140) await begin();
    }
    expect(await alertsTold()).toEqual([FAILING]);

    await store.redrive('given_up', clock.now());
    await passes(MINUTE);
    for (const id of lost)
      await store.recordOutcomes([{ id, kind: 'delivered', at: clock.now(), detail: 'ok' }], []);
    attempt('delivered');
    await passes(9 * MINUTE);
    expect(await alertsTold()).toEqual([FAILING]);
    await passes(2 * MINUTE);
    expect(await alertsTold()).toEqual([FAILING, RECOVERED]);
  });

  it('has recovered when what it gave up is a day old, also when the process did not live so long', async () => {
    await delivers('given_up');
    await passes(MINUTE);
    clock.advance(HOUR);
    await delivers('delivered');
    await passes(30 * MINUTE);
    expect(await alertsTold()).toEqual([FAILING]);
    clock.advance(23 * HOUR);
    await begin();
    await passes(9 * MINUTE);
    expect(await alertsTold()).toEqual([FAILING]);
    await passes(2 * MINUTE);
    expect(await alertsTold()).toEqual([FAILING, RECOVERED]);
  });

  it('is told of once when one message gets through every eleven minutes', async () => {
    for (let round = 0; round < 10; round += 1) {
      attempt('retry');
      await passes(11 * MINUTE);
      attempt('delivered');
    }
    expect(await alertsTold()).toEqual([FAILING]);
    await passes(11 * MINUTE);
    expect(await alertsTold()).toEqual([FAILING, RECOVERED]);
  });

  it('has recovered although an attempt fails now and then, as long as it is accepted soon', async () => {
    attempt('retry');
    await passes(11 * MINUTE);
    for (let minute = 0; minute < 11; minute += 1) {
      attempt('retry');
      attempt('delivered');
      await passes(MINUTE);
    }
    expect(await alertsTold()).toEqual([FAILING, RECOVERED]);
  });

  it('does not fail for a sample that was given up long ago', async () => {
    const sample = plan(7_000, { test: true });
    await store.commitPoll(aCommit({ events: [sample] }));
    const id = `${sample.event.id}:oncall`;
    await store.recordOutcomes([{ id, kind: 'given_up', at: clock.now(), detail: '404' }], []);
    await begin();
    await passes(MINUTE);
    expect(await alertsTold()).toEqual([]);
  });
});
