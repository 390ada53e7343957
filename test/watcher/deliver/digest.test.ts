import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { aJob, anEvent, HOUR, jobId, T0 } from '../../support/builders.ts';
import { aConfidence } from '../../support/confidence.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const SLOT = T0 + 8 * HOUR;
const logger = createRecordingLogger();

let store: Store;
let clock: ManualClock;
let signals: Signals;
let notifier: FakeNotifier;
beforeEach(async () => {
  store = await openNewStore();
  clock = createManualClock(T0);
  signals = createSignals(logger);
  notifier = createFakeNotifier({ digestOf: 3 });
});
afterEach(() => store.close());

/** Owes one event of each job; held until the slot unless it is to be told at once. */
async function owe(jobs: number[], { atOnce = false } = {}): Promise<void> {
  const events = jobs.map((job) =>
    anEvent('failed', {
      id: `0198-${job}`,
      job: aJob([], { id: jobId(job) }),
      detectedAt: clock.now(),
    }),
  );
  await store.commitAlerts({
    at: clock.now(),
    raise: [],
    clear: [],
    events: events.map((event) => ({
      event,
      channels: ['oncall'],
      suppressed: null,
      ...(atOnce ? {} : { heldUntil: new Map([['oncall', SLOT]]) }),
    })),
    audit: [],
  });
}

async function drain(): Promise<void> {
  const recorder = aRecorder({ store, clock, signals, logger });
  const deps = { store, recorder, notifier, clock, logger, owner: 'me' };
  let draws = 0;
  const random = (): number => {
    draws += 1;
    return (draws % 10) / 10;
  };
  const { signal } = new AbortController();
  while (
    (
      await dispatchOnce(
        { ...deps, faultLog: createFaultLog(logger, clock), confidence: aConfidence(clock), random },
        signal,
      )
    ).mayHaveMore
  );
}

const jobsOf = (messages: FakeNotifier['accepted']) =>
  messages.map((events) => events.map(({ jobId: id }) => Number.parseInt(id?.slice(8) ?? '', 16)));

describe('a channel with a digest', () => {
  it('tells nothing before the slot, and then everything in one message', async () => {
    await owe([1, 2, 3]);
    await drain();
    expect(notifier.sends).toBe(0);
    clock.set(SLOT);
    await drain();
    expect(jobsOf(notifier.digests)).toEqual([[1, 2, 3]]);
    expect(notifier.sends).toBe(1);
  });

  it('sends nothing at a slot before which nothing happened', async () => {
    clock.set(SLOT);
    await drain();
    expect(notifier.sends).toBe(0);
  });

  it('sends another message for what one cannot carry', async () => {
    await owe([1, 2, 3, 4, 5]);
    clock.set(SLOT);
    await drain();
    expect(jobsOf(notifier.digests)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('tells at once, and as ever, what does not wait', async () => {
    await owe([1]);
    await owe([2, 3], { atOnce: true });
    await drain();
    expect(jobsOf(notifier.accepted)).toEqual([[2], [3]]);
    expect(notifier.digests).toEqual([]);
  });

  it('tries again with the same message, however the dice fall', async () => {
    const tried: string[] = [];
    notifier.answer = (notices) => {
      tried.push(notices.map(({ event }) => event.id).join());
      if (tried.length < 3) throw new DeliveryError('unavailable', 'down', { retryable: true });
    };
    await owe([1, 2, 3]);
    clock.set(SLOT);
    await drain();
    clock.set((await store.nextDueAt('oncall')) ?? 0);
    await drain();
    clock.set((await store.nextDueAt('oncall')) ?? 0);
    await drain();
    expect(tried).toEqual(Array(3).fill('0198-1,0198-2,0198-3'));
    expect(jobsOf(notifier.digests)).toEqual([[1, 2, 3]]);
  });

  it('tells the rest one by one when the receiver refuses the whole for its content', async () => {
    notifier.answer = (notices) => {
      if (notices.some(({ event }) => event.id === '0198-2'))
        throw new DeliveryError('rejected', 'bad', { retryable: false });
    };
    await owe([1, 2, 3]);
    clock.set(SLOT);
    await drain();
    expect(jobsOf(notifier.digests)).toEqual([[1], [3]]);
    const { items } = await store.listDeliveries({ status: 'given_up', limit: 9 });
    expect(items.map(({ eventId }) => eventId)).toEqual(['0198-2']);
  });

  it('counts its latency from the slot', async () => {
    const latencies: Array<number | null> = [];
    signals.on('delivery:recorded', ({ latencyMs }) => latencies.push(latencyMs));
    await owe([1]);
    clock.set(SLOT + 250);
    await drain();
    expect(latencies).toEqual([250]);
  });
});

it('a channel whose kind has no digests tells at its time what was held, as ever', async () => {
  notifier = createFakeNotifier();
  await owe([1, 2]);
  await drain();
  expect(notifier.sends).toBe(0);
  clock.set(SLOT);
  await drain();
  expect(jobsOf(notifier.accepted)).toEqual([[1], [2]]);
});
