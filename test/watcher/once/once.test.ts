import { describe, expect, it, onTestFinished } from 'vitest';
import { rootOf } from '../../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint } from '../../../src/domain/evidence/checkpoint.ts';
import { verifierKeyText } from '../../../src/domain/evidence/signed-note.ts';
import { projectUnit } from '../../../src/domain/replicas/unit.ts';
import { DeliveryError, SourceError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { runOnce } from '../../../src/watcher/once/once.ts';
import type { OnceDeps } from '../../../src/watcher/once/run.ts';
import { createServedWitness } from '../../../src/witness/served-witness.ts';
import type { Witness } from '../../../src/witness/witness.ts';
import { aDraft } from '../../store/support.ts';
import {
  aJob,
  anEvent,
  anObservation,
  aRoute,
  aWatch,
  HOUR,
  jobId,
  MINUTE,
  T0,
} from '../../support/builders.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { createFakeSource } from '../../support/fake-source.ts';
import { aJoining } from '../../support/joining.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { openReplicaStores } from '../../support/replica-stores.ts';
import { ALONE, aRunnerConfig } from '../../support/runner-config.ts';
import { aLogKey, aWitnessKey } from '../../support/signed-log.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openEmbeddedStore, openNewStore } from '../../support/test-store.ts';

/** A store of its own, and a run on it with nothing configured but what is given. */
async function aWorld() {
  const store = await openNewStore();
  onTestFinished(() => store.close());
  const clock = createManualClock(T0);
  const run = (plan: Partial<OnceDeps>) => {
    const logger = createRecordingLogger();
    const deps: OnceDeps = {
      ...{ ...aRunnerConfig({ routes: [] }), ...ALONE, store, clock, logger },
      signals: createSignals(logger),
      random: () => 0,
      ...plan,
    };
    return runOnce(deps, new AbortController().signal);
  };
  return { store, clock, run };
}

it('gives what a channel gives up to its fallback, and that one’s fallback, within the same run', async () => {
  const { store, run } = await aWorld();
  const notifiers = ['dba', 'oncall', 'pager'].map((channel) => createFakeNotifier({ channel }));
  for (const notifier of notifiers.slice(1)) {
    notifier.answer = () => {
      throw new DeliveryError('refused', 'HTTP 404', { retryable: false });
    };
  }
  await store.commitPoll({
    targetKey: 'orders',
    watch: 'orders',
    at: T0,
    takesBaseline: false,
    observations: [],
    events: [{ event: anEvent('failed'), channels: ['pager'], suppressed: null }],
    audit: [],
  });

  const report = await run({
    notifiers,
    fallbacks: [
      { channel: 'pager', fallback: 'oncall', afterMs: 600_000 },
      { channel: 'oncall', fallback: 'dba', afterMs: 600_000 },
    ],
  });

  expect(notifiers[0]?.accepted.flat().map(({ name }) => name)).toEqual(['failed']);
  expect(report).toEqual({
    watches: [],
    channels: [
      { channel: 'dba', tried: 1, stillOwed: 0, held: 0, givenUp: 0, isHanging: false, fault: null },
      { channel: 'oncall', tried: 1, stillOwed: 0, held: 0, givenUp: 1, isHanging: false, fault: null },
      { channel: 'pager', tried: 1, stillOwed: 0, held: 0, givenUp: 1, isHanging: false, fault: null },
    ],
    isComplete: false,
  });
});

it('leaves what waits for a digest, and is complete all the same', async () => {
  const { store, clock, run } = await aWorld();
  const notifier = createFakeNotifier({ channel: 'dba', digestOf: 10 });
  const events = ['a', 'b'].map((id) => ({
    event: anEvent('failed', { id }),
    channels: ['dba'],
    suppressed: null,
    heldUntil: new Map([['dba', T0 + HOUR]]),
  }));
  await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [] });

  expect(await run({ notifiers: [notifier] })).toMatchObject({
    channels: [{ channel: 'dba', tried: 0, stillOwed: 0, held: 2 }],
    isComplete: true,
  });
  clock.set(T0 + HOUR);
  expect(await run({ notifiers: [notifier] })).toMatchObject({
    channels: [{ tried: 2, held: 0 }],
    isComplete: true,
  });
  expect(notifier.digests).toHaveLength(1);
});

it('reminds, run by run, of what the polls of this run have seen to last', async () => {
  const { clock, run } = await aWorld();
  const oncall = createFakeNotifier();
  const source = createFakeSource();
  const runAfter = async (afterMs: number): Promise<string[]> => {
    clock.advance(afterMs);
    await run({
      watches: [aWatch()],
      sources: new Map([['atlas', source]]),
      routes: [aRoute({ remindEveryMs: HOUR })],
      notifiers: [oncall],
    });
    return oncall.accepted.splice(0).flatMap((notices) => notices.map(({ name }) => name));
  };

  await runAfter(0);
  source.jobs = [aJob([], { createdAt: T0 })];
  expect(await runAfter(10 * MINUTE)).toEqual(['started']);
  expect(await runAfter(30 * MINUTE)).toEqual([]);
  expect(await runAfter(30 * MINUTE)).toEqual(['started']);
  source.fault = new SourceError('unavailable', 'away');
  expect(await runAfter(HOUR)).toEqual([]);
  source.fault = null;
  expect(await runAfter(MINUTE)).toEqual(['started']);
  source.jobs = [aJob(['finished'], { createdAt: T0 })];
  expect(await runAfter(2 * HOUR)).toEqual(['finished']);
});

describe('a receiver that is slow to refuse, or does not answer', () => {
  async function aRunAgainst(answer: (clock: ReturnType<typeof createManualClock>) => unknown) {
    const { store, clock, run } = await aWorld();
    const events = [1, 2, 3, 4, 5, 6].map((number) => ({
      event: anEvent('failed', { id: `event-${number}`, job: aJob(['failed'], { id: jobId(number) }) }),
      channels: ['oncall'],
      suppressed: null,
    }));
    await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [] });
    const oncall = createFakeNotifier();
    oncall.answer = () => answer(clock);
    const report = await run({ notifiers: [oncall, createFakeNotifier({ channel: 'dba' })] });
    return { oncall, report };
  }

  it('is left alone after one time-out, and said so; the rest stays owed', async () => {
    const { oncall, report } = await aRunAgainst((clock) => {
      clock.advance(10 * MINUTE);
      throw new DeliveryError('timeout', 'no answer', { retryable: true });
    });
    expect(oncall.sends).toBe(1);
    expect(report.channels).toMatchObject([
      { channel: 'oncall', tried: 1, stillOwed: 6, isHanging: true },
      { channel: 'dba', isHanging: false },
    ]);
    expect(report.isComplete).toBe(false);
  });

  it('is given each message twice at most, however long that takes', async () => {
    const { oncall, report } = await aRunAgainst((clock) => {
      clock.advance(10 * MINUTE);
      throw new DeliveryError('unavailable', 'HTTP 500', { retryable: true });
    });
    expect(oncall.sends).toBe(12);
    expect(report.channels).toMatchObject([
      { stillOwed: 6, givenUp: 0, isHanging: false },
      { channel: 'dba' },
    ]);
  });

  it('gets what it refused once more when it accepts something else', async () => {
    let sends = 0;
    const { oncall, report } = await aRunAgainst((clock) => {
      clock.advance(1_000);
      sends += 1;
      if (sends === 1) throw new DeliveryError('unavailable', 'HTTP 500', { retryable: true });
    });
    expect(oncall.accepted.flat()).toHaveLength(6);
    expect(report.isComplete).toBe(true);
  });
});

it('signs the log at its end, where nobody else does', async () => {
  const { store, run } = await aWorld();
  const events = [{ event: anEvent('failed'), channels: [], suppressed: null }];
  await store.commitAlerts({ at: T0, raise: [], clear: [], events, audit: [aDraft(1)] });
  const signed: number[] = [];
  await run({
    signing: async (of) => async () => {
      signed.push((await of.auditHead()).seq);
    },
  });
  expect(signed).toEqual([(await store.auditHead()).seq]);
});

it('prunes what was over long ago, unless no poll has succeeded', async () => {
  const { store, run } = await aWorld();
  const at = T0 - 40 * 24 * HOUR;
  const old = anObservation(aJob(['finished'], { createdAt: at }), { changedAt: at });
  await store.commitPoll({
    targetKey: 'orders',
    watch: 'orders',
    at,
    takesBaseline: false,
    observations: [old],
    events: [],
    audit: [],
  });
  const keepMs = 30 * 24 * HOUR;
  const source = createFakeSource();
  const watched = { watches: [aWatch()], sources: new Map([['atlas', source]]), keepMs };
  const jobs = async () => (await store.listObservations({ limit: 9 })).items.length;

  source.fault = new SourceError('auth', 'HTTP 401');
  await run(watched);
  expect(await jobs()).toBe(1);
  source.fault = null;
  await run({ ...watched, keepMs: null });
  expect(await jobs()).toBe(1);
  await run(watched);
  expect(await jobs()).toBe(0);
  expect((await store.readAudit(0, 99)).at(-1)).toMatchObject({ kind: 'store.pruned', data: { jobs: 1 } });
});

describe('the last checkpoint', () => {
  /** Has signed a log with a key that is known at a witness. */
  async function aSignedLog() {
    const world = await aWorld();
    const { store, clock } = world;
    const key = aLogKey('example.com/log');
    await store.recordAudit([aDraft(1)]);
    await store.recordCheckpoint({
      at: T0,
      key: verifierKeyText(key.verifier),
      sign: (tree) => makeCheckpoint({ size: tree.size, root: rootOf(tree) }, key),
    });
    const signing = aWitnessKey();
    const served = createServedWitness({
      ...{ store: await openEmbeddedStore(), clock, key: signing },
      faultLog: createFaultLog(createRecordingLogger(), clock),
      logs: () => [key.verifier],
    });
    const witness: Witness = {
      name: signing.verifier.name,
      ask: async (request) => {
        const { status, body } = await served.answer(request);
        return status === 200 ? { kind: 'cosigned', line: body } : { kind: 'away', why: `HTTP ${status}` };
      },
      close: () => {},
    };
    const notifier = createFakeNotifier({ channel: 'siem' });
    const routes = [aRoute({ events: ['checkpoint'], channels: ['siem'] })];
    return { ...world, witness, notifier, plan: { notifiers: [notifier], routes } };
  }

  it('is cosigned, and sent in the same run to those who ask for it; the next run does neither again', async () => {
    const { store, run, witness, notifier, plan } = await aSignedLog();
    for (const _ of [1, 2]) {
      const report = await run({ ...plan, witnesses: [witness] });
      expect(report.isComplete).toBe(true);
    }
    expect(notifier.accepted.flat().map(({ name }) => name)).toEqual(['checkpoint']);
    const kinds = (await store.readAudit(0, 99)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'checkpoint.cosigned')).toHaveLength(1);
    expect((await store.lastCheckpoint()).last?.note).toContain('— witness.example/w1 ');
  });

  it('goes out all the same where a witness does not answer, and the run ends', async () => {
    const { store, run, notifier, plan } = await aSignedLog();
    let isCut = false;
    const ask: Witness['ask'] = (_, cancelled) =>
      new Promise((resolve) => {
        cancelled.addEventListener('abort', () => {
          isCut = true;
          resolve({ kind: 'away', why: 'no answer in time' });
        });
      });
    await run({ ...plan, witnesses: [{ name: 'slow', ask, close: () => {} }] });
    expect(isCut).toBe(true);
    expect(notifier.accepted.flat().map(({ name }) => name)).toEqual(['checkpoint']);
    expect((await store.readAudit(0, 99)).map(({ kind }) => kind)).not.toContain('checkpoint.cosigned');
  });
});

describe('over a store that others may take over, a run that stood still for longer than its leases', () => {
  /** A run of its own, in which `standStill` lets the leases run out and another replica take everything over. */
  async function aSharedWorld() {
    const stores = openReplicaStores();
    const clock = createManualClock(T0);
    const store = stores.open();
    const { run } = await aWorld();
    const membership = await store.join(aJoining({ name: 'once' }));
    const standStill = async (): Promise<void> => {
      clock.advance(MINUTE);
      stores.advance(MINUTE);
      const other = await stores.open().join(aJoining({ name: 'other' }));
      if (other.kind === 'alone') throw new Error('nobody else can be there');
      const units = ['keeper', 'channel:oncall', projectUnit(aWatch())];
      await other.beat({ wanted: units, configuration: 'c0ffee' });
    };
    return {
      store,
      standStill,
      run: (plan: Partial<OnceDeps>) => run({ store, membership, clock, ...plan }),
    };
  }

  it('writes nothing of what it has read', async () => {
    const { store, standStill, run } = await aSharedWorld();
    const source = createFakeSource();
    source.jobs.push(aJob(['failed'], { id: jobId(1) }));
    const { listJobs } = source;
    source.listJobs = async function* (...asked) {
      await standStill();
      yield* listJobs(...asked);
    };
    const watch = aWatch({ restoreJobIds: [], announceExisting: true });
    const report = await run({
      watches: [watch],
      sources: new Map([['atlas', source]]),
      routes: [aRoute()],
    });
    expect(report).toMatchObject({
      isComplete: false,
      watches: [{ fault: { message: expect.stringContaining('not ours any more') }, events: [] }],
    });
    expect(await store.countJobs()).toEqual([]);
    expect((await store.listEvents({ limit: 9 })).items).toEqual([]);
  });

  it('sends nothing more, and leaves what was accepted meanwhile to the other', async () => {
    const { store, standStill, run } = await aSharedWorld();
    const notifier = createFakeNotifier({ concurrency: 1 });
    await store.commitPoll({
      ...{ targetKey: 'orders', watch: 'orders', at: T0, takesBaseline: false, observations: [], audit: [] },
      events: [1, 2].map((job) => ({
        event: anEvent('failed', { id: `event-${job}`, job: aJob(['failed'], { id: jobId(job) }) }),
        channels: ['oncall'],
        suppressed: null,
      })),
    });
    notifier.answer = standStill;
    const report = await run({ notifiers: [notifier] });
    expect(notifier.sends).toBe(1);
    expect(report.channels).toMatchObject([
      { tried: 0, stillOwed: 2, fault: expect.stringContaining('not ours any more') },
    ]);
    const { items } = await store.listDeliveries({ limit: 9 });
    expect(items.map(({ status, attemptsStarted }) => `${status} ${attemptsStarted}`).toSorted()).toEqual([
      'pending 0',
      'pending 1',
    ]);
  });
});
