import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { leasesAlone } from '../../../src/watcher/leases/leases.ts';
import { blindnessOf } from '../../../src/watcher/status.ts';
import { createWatchSet, type WatchConfig, type WatchSet } from '../../../src/watcher/watch/set.ts';
import { aJob, aWatch, jobId } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

/** Never within a test: a watch polls when it begins, and not again. */
const YEARLY = '0 0 0 1 1 *';

let store: Store;
let source: FakeSource;
let signals: Signals;
let set: WatchSet;
let polls: string[];
/** By how much more time has passed than really has. */
let aheadMs: number;
const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs };

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  const logger = createRecordingLogger();
  signals = createSignals(logger);
  polls = [];
  aheadMs = 0;
  signals.on('poll:finished', ({ watch }) => polls.push(watch));
  set = createWatchSet({
    store,
    recorder: aRecorder({ store, clock: systemClock, signals, logger }),
    clock,
    logger,
    faultLog: createFaultLog(logger),
    leases: leasesAlone(),
    estate: null,
    coverage: { note: () => {}, retain: () => {}, leave: () => {} },
    signals,
    random: () => 0,
  });
});
afterEach(async () => {
  await set.stop();
  await store.close();
});

function config(...watches: Watch[]): WatchConfig {
  return { watches, sources: new Map([['atlas', source]]) };
}

function watch(name: string, over: Partial<Watch> = {}): Watch {
  return aWatch({ name, schedule: YEARLY, ...over });
}

async function untilPolls(...names: string[]): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (polls.length < names.length) return;
      end();
      resolve();
    };
    const end = signals.on('poll:finished', look);
    look();
  });
  expect(polls.toSorted()).toEqual(names.toSorted());
}

it('polls a watch as soon as it begins to follow it', async () => {
  await set.apply(config(watch('orders'), watch('carts')));
  await untilPolls('orders', 'carts');
  expect(set.status().map(({ watch }) => watch)).toEqual(['orders', 'carts']);
});

it('leaves a watch that is as it was alone, with all that it knows', async () => {
  await set.apply(config(watch('orders')));
  await untilPolls('orders');
  const [before] = set.status();
  await set.apply(config(watch('carts'), watch('orders')));
  await untilPolls('orders', 'carts');
  const [, after] = set.status();
  expect(after).toMatchObject({ watch: 'orders', lastSuccessAt: before?.lastSuccessAt });
  expect(before?.lastSuccessAt).not.toBeNull();
});

it('ends a watch that has left the configuration', async () => {
  await set.apply(config(watch('orders'), watch('carts')));
  await untilPolls('orders', 'carts');
  await set.apply(config(watch('carts')));
  expect(set.status().map(({ watch }) => watch)).toEqual(['carts']);
});

it('begins a watch that has changed anew, and only when its poll in hand has ended', async () => {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { listJobs } = source;
  source.listJobs = async function* (...call) {
    asked.resolve();
    await gate.promise;
    yield* listJobs(...call);
  };
  await set.apply(config(watch('orders')));
  await asked.promise;
  const changed = set.apply(config(watch('orders', { labels: { team: 'dba' } })));
  await Promise.resolve();
  expect(polls).toEqual([]);
  gate.resolve();
  await changed;
  await untilPolls('orders', 'orders');
});

describe('changes that overlap while a poll is in hand', () => {
  /** Holds the first listing up. */
  function holdFirst(): { asked: Promise<void>; letGo: () => void } {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { listJobs } = source;
    let isFirst = true;
    source.listJobs = async function* (...call) {
      const waits = isFirst;
      isFirst = false;
      asked.resolve();
      if (waits) await gate.promise;
      yield* listJobs(...call);
    };
    return { asked: asked.promise, letGo: gate.resolve };
  }

  it('leave a watch that was taken out and put back polled', async () => {
    const { asked, letGo } = holdFirst();
    void set.apply(config(watch('orders')));
    await asked;
    const out = set.apply(config());
    const back = set.apply(config(watch('orders')));
    expect(set.status()).toMatchObject([{ watch: 'orders', lastAttemptAt: null, fault: null }]);
    expect(blindnessOf(set.status()[0] ?? expect.fail())).toBe('unpolled');
    letGo();
    await Promise.all([out, back]);
    await untilPolls('orders', 'orders');
    expect(set.status()).toMatchObject([{ watch: 'orders', lastSuccessAt: expect.any(Number) }]);
  });

  it('leave a watch that changed twice as it was wanted last', async () => {
    const { asked, letGo } = holdFirst();
    void set.apply(config(watch('orders')));
    await asked;
    const changes = ['dba', 'sre', 'web'].map((team) =>
      set.apply(config(watch('orders', { labels: { team } }))),
    );
    letGo();
    await Promise.all(changes);
    expect(set.loopOf('orders')?.watch.labels).toEqual({ team: 'web' });
    await untilPolls('orders', 'orders');
  });

  it('leave a watch that was taken out running until its poll has ended', async () => {
    const { asked, letGo } = holdFirst();
    void set.apply(config(watch('orders')));
    await asked;
    const left = set.apply(config());
    expect([set.loopOf('orders'), set.isRunning('orders')]).toEqual([null, true]);
    letGo();
    await left;
    expect(set.isRunning('orders')).toBe(false);
  });

  it('begin a watch that gets the jobs of another one when the last poll of that has ended', async () => {
    const events: string[] = [];
    signals.on('event:recorded', ({ watch, name }) => events.push(`${watch} ${name}`));
    source.jobs = [aJob([], { id: jobId(1) })];
    await set.apply(config(watch('before')));
    await untilPolls('before');
    source.jobs = [aJob(['failed'], { id: jobId(1) })];
    const { asked, letGo } = holdFirst();
    set.pollSoon('before');
    await asked;
    const renamed = set.apply(config(watch('after'), watch('other', { instanceName: 'other' })));
    expect([set.loopOf('after'), set.loopOf('other')]).toEqual([null, expect.anything()]);
    letGo();
    await renamed;
    await untilPolls('before', 'before', 'after', 'other');
    expect(events).toEqual(['before failed']);
  });

  it('show a watch that does not come to begin as blind', async () => {
    const { asked, letGo } = holdFirst();
    void set.apply(config(watch('orders')));
    await asked;
    const changed = set.apply(config(watch('orders', { schedule: '* * * * * *' })));
    aheadMs = 11_000;
    const [status] = set.status();
    expect(status).toMatchObject({ watch: 'orders', fault: { reason: 'timeout' } });
    expect(blindnessOf(status ?? expect.fail())).toBe('overdue');
    letGo();
    await changed;
  });
});

it('says that a watch without a connection does not run', async () => {
  await set.apply({ watches: [watch('orders')], sources: new Map() });
  expect(set.status()).toMatchObject([{ watch: 'orders', lastSuccessAt: null }]);
  await set.apply(config(watch('orders')));
  await untilPolls('orders');
});

it('begins nothing any more once it is stopped', async () => {
  await set.apply(config(watch('orders')));
  await untilPolls('orders');
  await set.stop();
  await set.apply(config(watch('orders'), watch('carts')));
  expect(set.status().map(({ watch }) => watch)).toEqual(['orders']);
});
