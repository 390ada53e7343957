import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventName } from '../../../src/domain/event/event.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { DeliveryError, StoreError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Confidence } from '../../../src/watcher/deliver/confidence.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { aJob, anEvent, HOUR, jobId, T0 } from '../../support/builders.ts';
import { aConfidence } from '../../support/confidence.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

let store: Store;
let clock: ManualClock;
let signals: Signals;
let notifier: FakeNotifier;
let confidence: Confidence;
const logger = createRecordingLogger();
const running = new AbortController().signal;

beforeEach(async () => {
  store = await openNewStore();
  clock = createManualClock(T0);
  signals = createSignals(logger);
  confidence = aConfidence(clock);
  notifier = createFakeNotifier();
});
afterEach(() => store.close());

/** Owes one event per entry to the channel, in this order. */
async function owe(...entries: Array<[name: EventName, job: number]>): Promise<string[]> {
  const events = entries.map(([name, job], index) =>
    anEvent(name, {
      id: `0198-${job}-${index}-${name}`,
      job: aJob([], { id: jobId(job) }),
      detectedAt: clock.now(),
    }),
  );
  await store.commitPoll({
    targetKey: 'orders',
    watch: 'orders',
    at: clock.now(),
    takesBaseline: false,
    observations: [],
    events: events.map((event) => ({ event, channels: ['oncall'], suppressed: null })),
    audit: [],
  });
  return events.map(({ id }) => id);
}

function pass(signal: AbortSignal = running) {
  return dispatchOnce(
    {
      store,
      recorder: aRecorder({ store, clock, signals, logger }),
      notifier,
      confidence,
      clock,
      logger,
      faultLog: createFaultLog(logger, clock),
      owner: 'me',
      random: () => 0,
    },
    signal,
  );
}

async function drain(): Promise<void> {
  while ((await pass()).mayHaveMore);
}

async function delivery(eventId: string) {
  const { items } = await store.listDeliveries({ limit: 100 });
  return items.find((item) => item.eventId === eventId);
}

describe('the outbox of a channel', () => {
  it('waits for the sends in hand when the outcome of one cannot be recorded, so that none is claimed twice', async () => {
    const [lost = '', kept = ''] = await owe(['failed', 1], ['failed', 2]);
    confidence.note(['accepted'], 0);
    const answered = Promise.withResolvers<void>();
    notifier.answer = ([notice]) => (notice?.event.id === kept ? answered.promise : undefined);
    const whole = store;
    let refusals = 0;
    store = {
      ...whole,
      recordOutcomes: async (outcomes, audit, owner) => {
        if (outcomes.every(({ id }) => !id.startsWith(lost))) {
          return whole.recordOutcomes(outcomes, audit, owner);
        }
        refusals += 1;
        throw new StoreError('unavailable', 'the disk is full');
      },
    };
    let isOver = false;
    const over = pass().finally(() => {
      isOver = true;
    });
    over.catch(() => undefined);
    await expect.poll(() => refusals).toBe(4);
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    answered.resolve();
    await expect(over).rejects.toThrow('the disk is full');
    expect(await delivery(kept)).toMatchObject({ status: 'delivered', attemptsStarted: 1 });
  });

  it('does not wait for a time that a clock far ahead has set', async () => {
    clock.advance(48 * HOUR);
    const [tried = ''] = await owe(['failed', 1]);
    notifier.answer = () => {
      throw new DeliveryError('unavailable', 'down', { retryable: true });
    };
    await drain();
    const [fresh = ''] = await owe(['failed', 2]);
    notifier.answer = () => undefined;
    clock.set(T0);
    await drain();
    expect(await delivery(tried)).toMatchObject({ status: 'delivered', attemptsStarted: 2 });
    expect(await delivery(fresh)).toMatchObject({ status: 'delivered', attemptsStarted: 1 });
  });

  it('keeps to the schedule after a clock was set back', async () => {
    clock.advance(48 * HOUR);
    const [id = ''] = await owe(['failed', 1]);
    notifier.answer = () => {
      throw new DeliveryError('unavailable', 'down', { retryable: true });
    };
    clock.set(T0);
    await drain();
    await drain();
    expect(await delivery(id)).toMatchObject({
      status: 'pending',
      attemptsStarted: 1,
      nextAttemptAt: T0 + 5_000,
    });
  });

  it('sends what is owed once, and is done', async () => {
    const [id = ''] = await owe(['failed', 1]);
    await drain();
    await drain();
    expect(notifier.accepted).toHaveLength(1);
    expect(await delivery(id)).toMatchObject({
      status: 'delivered',
      attemptsStarted: 1,
      attemptsFinished: 1,
    });
  });

  it('keeps the order of one job, and lets other jobs pass', async () => {
    await owe(['started', 1], ['failed', 1], ['started', 2]);
    notifier.answer = ([notice]) => {
      if (notice && jobOf(notice.event)?.id === jobId(1))
        throw new DeliveryError('unavailable', 'down', { retryable: true });
    };
    await drain();
    expect(notifier.accepted.flat().map(({ name, jobId: id }) => [name, id])).toEqual([
      ['started', jobId(2)],
    ]);
    notifier.answer = () => undefined;
    clock.advance(5_000);
    await drain();
    expect(notifier.accepted.flat().map(({ name }) => name)).toEqual(['started', 'started', 'failed']);
  });

  it('tries again after 5 s, 30 s, 2 min, 10 min, 1 h and then every 3 h, for 24 h', async () => {
    const [id = ''] = await owe(['failed', 1]);
    const attempts: number[] = [];
    notifier.answer = () => {
      attempts.push((clock.now() - T0) / 1_000);
      throw new DeliveryError('unavailable', 'HTTP 500', { retryable: true, status: 500 });
    };
    for (let step = 0; step < 40; step += 1) {
      await drain();
      const due = await store.nextDueAt('oncall');
      if (due === null) break;
      clock.set(due);
    }
    expect(attempts.slice(0, 8)).toEqual([0, 5, 35, 155, 755, 4355, 15155, 25955]);
    expect(attempts.at(-1)).toBeLessThanOrEqual((24 * HOUR) / 1_000);
    expect(await delivery(id)).toMatchObject({ status: 'given_up', lastDetail: 'HTTP 500' });
  });

  it('waits as long as the receiver asks', async () => {
    await owe(['failed', 1]);
    notifier.answer = () => {
      throw new DeliveryError('rate_limited', 'HTTP 429', { retryable: true, retryAfterMs: 42_000 });
    };
    await drain();
    expect(await store.nextDueAt('oncall')).toBe(T0 + 42_000);
  });

  it('gives up at once on a permanent refusal, goes on with the next, and can be redriven', async () => {
    const [first = '', second = ''] = await owe(['started', 1], ['failed', 1]);
    notifier.answer = ([notice]) => {
      if (notice?.event.id === first) throw new DeliveryError('refused', 'HTTP 404', { retryable: false });
    };
    await drain();
    expect((await delivery(first))?.status).toBe('given_up');
    expect((await delivery(second))?.status).toBe('delivered');
    notifier.answer = () => undefined;
    expect(await store.redrive('given_up', clock.now())).toEqual([`${first}:oncall`]);
    await drain();
    expect((await delivery(first))?.status).toBe('delivered');
  });

  it('treats an error of unknown make as passing: losing is worse than repeating', async () => {
    const [id = ''] = await owe(['failed', 1]);
    notifier.answer = () => {
      throw new TypeError('a bug');
    };
    await drain();
    expect(await delivery(id)).toMatchObject({ status: 'pending', nextAttemptAt: T0 + 5_000 });
  });

  it('sends several waiting events as one message where the channel can', async () => {
    notifier = createFakeNotifier({ maxBatch: 10, concurrency: 1 });
    await owe(['started', 1], ['started', 2], ['failed', 1]);
    await drain();
    expect(notifier.accepted.map((batch) => batch.map(({ name }) => name))).toEqual([
      ['started', 'started', 'failed'],
    ]);
  });

  it('sends a batch one by one when its content is refused, so that one bad event takes no others along', async () => {
    notifier = createFakeNotifier({ maxBatch: 10, concurrency: 1 });
    const [, bad = ''] = await owe(['started', 1], ['started', 2], ['started', 3]);
    notifier.answer = (notices) => {
      if (notices.some(({ event }) => event.id === bad)) {
        throw new DeliveryError('rejected', 'invalid_blocks', { retryable: false });
      }
    };
    await drain();
    expect(notifier.accepted.flat()).toHaveLength(2);
    expect((await delivery(bad))?.status).toBe('given_up');
  });

  it('owes as before what a shutdown cuts short, without counting it against the receiver', async () => {
    const [id = ''] = await owe(['failed', 1]);
    const stop = new AbortController();
    notifier.answer = () => {
      stop.abort(new Error('shutting down'));
      throw new DeliveryError('timeout', 'cut short', { retryable: true });
    };
    await pass(stop.signal);
    expect(await delivery(id)).toMatchObject({ status: 'pending', nextAttemptAt: T0 });
  });

  it('says in the audit log that an attempt was cut off, when a process died over it', async () => {
    await owe(['failed', 1]);
    await store.claimDeliveries({
      channel: 'oncall',
      owner: 'the dead',
      now: clock.now(),
      leaseMs: 15_000,
      limit: 1,
      perKey: 'head',
    });
    await drain();
    expect(notifier.accepted).toEqual([]);
    clock.advance(15_001);
    await drain();
    expect(notifier.accepted).toHaveLength(1);
    const kinds = (await store.readAudit(0, 10)).map(({ kind }) => kind);
    expect(kinds).toEqual(['delivery.interrupted', 'delivery.attempted']);
  });

  it('measures the time from detected to accepted', async () => {
    const latencies: Array<number | null> = [];
    signals.on('delivery:recorded', ({ latencyMs }) => latencies.push(latencyMs));
    await owe(['failed', 1]);
    clock.advance(1_250);
    await drain();
    expect(latencies).toEqual([1_250]);
  });

  it('takes what needed no sending for done, and for no sign of the receiver’s health', async () => {
    const heard: string[] = [];
    signals.on('delivery:recorded', ({ outcome }) => heard.push(outcome));
    const [id = ''] = await owe(['started', 1]);
    notifier.send = async () => ({ detail: 'not for a pager', wasSent: false });
    await drain();
    expect(await delivery(id)).toMatchObject({ status: 'delivered', lastDetail: 'not for a pager' });
    expect(heard).toEqual([]);
  });
});
