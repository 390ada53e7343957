import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { StoreError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Lease } from '../../../src/store/ports/replicas/lease.ts';
import type { Store } from '../../../src/store/store.ts';
import { type ChannelSetDeps, createChannelSet } from '../../../src/watcher/deliver/channel-set.ts';
import { LEASE_MS } from '../../../src/watcher/deliver/leases.ts';
import { SILENT_AFTER_MS } from '../../../src/watcher/deliver/under-way.ts';
import { type Hold, leasesAlone } from '../../../src/watcher/leases/leases.ts';
import { aJob, anEvent, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { createManualClock, NO_STEPS } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const AWAY = new StoreError('unavailable', 'the store is away');
const FENCED = new StoreError('fenced', 'the lease is another’s');

/** A channel over a store that may refuse to record how deliveries ended. */
async function aChannel({ concurrency = 1 } = {}) {
  const store = await openNewStore();
  const manual = createManualClock(T0);
  /** Everything else runs while somebody waits. */
  const clock: Clock = {
    ...manual,
    sleep: async (ms) => {
      manual.advance(ms);
      await new Promise(setImmediate);
    },
  };
  const notifier = createFakeNotifier({ concurrency });
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const world = {
    store,
    clock: manual,
    notifier,
    logger,
    tries: 0,
    /** Refuses these ends, under the lease with this token. */
    refuses: (_eventId: string, _token: number): StoreError | null => null,
    hold: { unit: 'channel:oncall', lease: { unit: 'channel:oncall', token: 1 }, isOurs: () => true } as Hold,
    owe: async (...jobs: number[]): Promise<void> => {
      const events = jobs.map((job) => ({
        event: anEvent('failed', { id: `event-${job}`, job: aJob(['failed'], { id: jobId(job) }) }),
        channels: ['oncall'],
        suppressed: null,
      }));
      await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [] });
      signals.emit('deliveries:owed', { channels: ['oncall'] });
    },
    wake: () => signals.emit('deliveries:owed', { channels: ['oncall'] }),
    attempts: async () =>
      (await store.listDeliveries({ limit: 99 })).items
        .map(({ eventId, status, attemptsStarted }) => `${eventId} ${status} ${attemptsStarted}`)
        .toSorted(),
  };
  const recorderOf = (token: number): ChannelSetDeps['recorder'] => {
    const recordOutcomes: Store['recordOutcomes'] = async (outcomes, ...how) => {
      world.tries += 1;
      for (const { id } of outcomes) {
        const fault = world.refuses(id.split(':')[0] ?? '', token);
        if (fault !== null) throw fault;
      }
      return store.recordOutcomes(outcomes, ...how);
    };
    const recorder = aRecorder({ store: { ...store, recordOutcomes }, clock, signals, logger });
    return {
      recordAttempts: (...ends) => recorder.recordAttempts(...ends),
      under: (lease) => recorderOf(lease.token),
    };
  };
  const set = createChannelSet({
    store: { ...store, under: (_lease: Lease) => store },
    ...{ signals, clock, logger },
    recorder: recorderOf(0),
    faultLog: createFaultLog(logger, clock),
    leases: { ...leasesAlone(), holdOf: () => world.hold },
    owner: 'me',
    random: () => 0,
    steps: NO_STEPS,
    lookEveryMs: HOUR,
  });
  onTestFinished(async () => {
    world.refuses = () => null;
    vi.useRealTimers();
    await set.stop();
    await store.close();
  });
  await set.apply([notifier]);
  return { ...world, world, set };
}

describe('a message whose acceptance the store does not take', () => {
  afterEach(() => void vi.useRealTimers());

  it('is sent once, though the store is away for five minutes, and recorded when that is back', async () => {
    const { world, clock, notifier, logger, owe, attempts } = await aChannel();
    world.refuses = () => (clock.now() < T0 + 5 * MINUTE ? AWAY : null);
    await owe(1);
    await expect.poll(attempts).toEqual(['event-1 delivered 1']);
    expect(notifier.sends).toBe(1);
    expect(clock.now() - T0).toBeGreaterThanOrEqual(5 * MINUTE);
    const told = logger.lines.filter(({ message }) => message.includes('cannot be recorded'));
    expect(told).toMatchObject([{ level: 'error', fields: { channel: 'oncall' } }]);
  });

  it('is not sent again by whoever has the channel next in this process: it is recorded under the lease that this has by then', async () => {
    const { world, set, notifier, owe, attempts } = await aChannel();
    let isBack = false;
    world.refuses = (_id, token) => {
      if (!isBack) return AWAY;
      return token === 2 ? null : FENCED;
    };
    await owe(1);
    await expect.poll(() => world.tries).toBeGreaterThan(3);
    world.hold = { ...world.hold, lease: { unit: 'channel:oncall', token: 2 } };
    set.follow('lost');
    await owe(2);
    expect(notifier.sends).toBe(1);
    isBack = true;
    await expect.poll(() => notifier.sends).toBe(2);
    world.refuses = () => null;
    await expect.poll(attempts).toEqual(['event-1 delivered 1', 'event-2 delivered 1']);
  });

  it('holds up the others for a while only, where the store takes those', async () => {
    const { world, clock, notifier, owe, wake } = await aChannel();
    world.refuses = (eventId) => (eventId === 'event-1' ? AWAY : null);
    await owe(1, 2);
    await expect.poll(() => clock.now() - T0).toBeGreaterThan(SILENT_AFTER_MS);
    wake();
    await expect
      .poll(() => notifier.accepted.flat().map(({ eventId }) => eventId))
      .toEqual(['event-1', 'event-2']);
  });

  it('keeps nobody from ending', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { world, set, notifier, owe } = await aChannel();
    world.refuses = () => AWAY;
    await owe(1);
    while (world.tries < 3) await new Promise(setImmediate);
    const stopped = set.stop();
    await vi.advanceTimersByTimeAsync(6_000);
    await stopped;
    const { tries } = world;
    await new Promise(setImmediate);
    expect([notifier.sends, world.tries]).toEqual([1, tries]);
  });
});

it('what ended under a lease that another replica has is left to that, once a lease is over', async () => {
  const { world, clock, owe, attempts, logger } = await aChannel();
  const asked: number[] = [];
  world.refuses = (_id, token) => {
    asked.push(token);
    return FENCED;
  };
  await owe(1);
  await expect.poll(() => logger.lines.map(({ message }) => message).join()).toContain('another’s');
  expect(new Set(asked)).toEqual(new Set([1]));
  expect(clock.now() - T0).toBeGreaterThanOrEqual(LEASE_MS);
  expect(await attempts()).toEqual([expect.stringMatching(/^event-1 pending /)]);
});

it('what was claimed without the answer is sent at once, as the first attempt at it', async () => {
  const store = await openNewStore();
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const notifier = createFakeNotifier();
  let claims = 0;
  const set = createChannelSet({
    store: {
      ...store,
      claimDeliveries: async (request) => {
        const claimed = await store.claimDeliveries(request);
        if (claimed.length > 0 && claims++ === 0)
          throw new StoreError('unavailable', 'the connection was lost', { isInDoubt: true });
        return claimed;
      },
      under: () => store,
    },
    recorder: aRecorder({ store, clock, signals, logger }),
    ...{ signals, clock, logger },
    faultLog: createFaultLog(logger, clock),
    leases: leasesAlone(),
    owner: 'me',
    random: () => 0,
    steps: NO_STEPS,
    lookEveryMs: HOUR,
  });
  onTestFinished(async () => {
    await set.stop();
    await store.close();
  });
  const event = anEvent('failed', { id: 'event-1' });
  await store.commitAlerts({
    ...{ at: T0, raise: [], clear: [], audit: [] },
    events: [{ event, channels: ['oncall'], suppressed: null }],
  });
  await set.apply([notifier]);
  await expect.poll(() => claims).toBe(1);
  signals.emit('deliveries:owed', { channels: ['oncall'] });
  const delivery = async () => (await store.listDeliveries({ limit: 9 })).items[0];
  await expect.poll(delivery).toMatchObject({ status: 'delivered', attemptsStarted: 1 });
  const kinds = (await store.readAudit(0, 9)).map(({ kind }) => kind);
  expect(kinds).not.toContain('delivery.interrupted');
});
