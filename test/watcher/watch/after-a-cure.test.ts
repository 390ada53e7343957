import { beforeEach, describe, expect, it } from 'vitest';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { SourceError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import type { WatchLoop } from '../../../src/watcher/watch/watch-loop.ts';
import { openForTest } from '../../store/support.ts';
import { aWatch, GROUP_ID, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { type FakeTime, fakeTime } from '../../support/fake-time.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const AWAY = new SourceError('auth', 'not on the access list', { subject: 'credential' });

let time: FakeTime;
let source: FakeSource;
/** What was asked for, in order. */
let asked: string[];
/** Holds every listing of jobs back until it is resolved; `null`: none is held back. */
let gate: PromiseWithResolvers<void> | null;

beforeEach(() => {
  time = fakeTime(T0);
  source = createFakeSource();
  asked = [];
  gate = null;
  const { listJobs, listInstances } = source;
  source.listJobs = async function* (target, options) {
    asked.push(target.instanceName);
    const { fault } = source;
    await gate?.promise;
    if (fault) throw fault;
    yield* listJobs(target, options);
  };
  source.listInstances = async (place, options) => {
    asked.push('instances');
    return listInstances(place, options);
  };
});

/** Lets what is in hand go on, which takes turns of the event loop and hardly any time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) {
    await time.pass(2);
    await new Promise(setImmediate);
  }
}

async function begin(over: Partial<Watch> = {}, pace = {}): Promise<WatchLoop> {
  const store = await openForTest({ path: ':memory:' });
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  return createWatchLoop(
    {
      ...{ store, source, clock: time, logger, signals, random: () => 0.5 },
      recorder: aRecorder({ store, clock: time, signals, logger }),
      faultLog: createFaultLog(logger, time),
    },
    { watch: aWatch(over), gapMs: () => 30_000, ...pace },
  );
}

describe('somebody who says that what was wrong is mended', () => {
  it('while a poll is in hand that began before, has another follow it at once', async () => {
    const loop = await begin();
    source.fault = AWAY;
    gate = Promise.withResolvers();
    void loop.pollNow();
    await time.pass(0);
    source.fault = null;
    loop.forgive();
    gate.resolve();
    await settle();
    expect(asked).toEqual(['orders', 'orders']);
    expect(loop.status()).toMatchObject({ fault: null, consecutiveFailures: 0 });
  });

  it('has no poll follow one in hand that goes well', async () => {
    const loop = await begin();
    gate = Promise.withResolvers();
    void loop.pollNow();
    await time.pass(0);
    loop.forgive();
    gate.resolve();
    await settle();
    expect(asked).toEqual(['orders']);
  });

  it('has back-off count anew where it goes on failing', async () => {
    const loop = await begin();
    source.fault = AWAY;
    await loop.pollNow();
    const first = (loop.status().nextPollAt ?? 0) - time.now();
    await time.pass(30 * MINUTE);
    await loop.pollNow();
    expect((loop.status().nextPollAt ?? 0) - time.now()).toBeGreaterThan(2 * first);
    loop.forgive();
    await settle();
    expect((loop.status().nextPollAt ?? 0) - time.now()).toBeLessThanOrEqual(first);
    await loop.stop(0);
  });

  it('and who asks for a poll while one is in hand gets another one after it', async () => {
    const loop = await begin();
    gate = Promise.withResolvers();
    void loop.pollNow();
    await time.pass(0);
    expect(loop.pollSoon()).toBe('under_way');
    gate.resolve();
    await settle();
    expect(asked).toEqual(['orders', 'orders']);
  });
});

describe('a poll of many that the ceiling spreads over its time', () => {
  const FLEET = { kind: 'cluster', apiVersion: 'v2', instanceName: '*' } as const;
  const STRETCHED = {
    paceOf: () => ({ scheduledMs: 30_000, idleMs: 100_000, runningMs: 30_000, narrowest: null }),
  };

  beforeEach(() => {
    const names = Array.from({ length: 20 }, (_, n) => `cluster-${n}`);
    source.instances.set(
      GROUP_ID,
      names.map((name) => ({ instanceName: name, name, tags: {} })),
    );
  });

  it('is made at once when somebody asks for it', async () => {
    const loop = await begin(FLEET, STRETCHED);
    await loop.pollNow();
    asked.length = 0;
    expect(loop.pollSoon()).toBe('begun');
    await time.pass(0);
    expect(asked).toHaveLength(20);
  });

  it('is hurried on when somebody asks for one while it is in hand, and made anew', async () => {
    const loop = await begin(FLEET, STRETCHED);
    await loop.pollNow();
    await time.pass(100_000);
    asked.length = 0;
    void loop.tick();
    await time.pass(1_000);
    expect(asked).toHaveLength(1);
    expect(loop.pollSoon()).toBe('under_way');
    await settle();
    expect(asked).toHaveLength(40);
  });
});

describe('a poll of just what runs', () => {
  it('does not make a watch seen that was not read', async () => {
    source.instances.set(GROUP_ID, [{ instanceName: 'one', name: 'one', tags: {} }]);
    const loop = await begin({ kind: 'cluster', apiVersion: 'v2', instanceName: '*' });
    await loop.pollNow();
    loop.stoodStill(MINUTE);
    expect(loop.status().hasMissedPolls).toBe(true);
    source.fault = AWAY;
    await loop.pollNow();
    expect(loop.status().hasMissedPolls).toBe(true);
    source.fault = null;
    await loop.pollNow();
    expect(loop.status().hasMissedPolls).toBe(false);
  });
});
