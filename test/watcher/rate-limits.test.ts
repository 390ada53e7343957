import { describe, expect, it, onTestFinished } from 'vitest';
import { shortDrills } from '../../src/domain/drills/drill.ts';
import type { Watch } from '../../src/domain/job/watch.ts';
import { healthOf } from '../../src/health/health.ts';
import { createSignals } from '../../src/signals.ts';
import { shareWithNobody } from '../../src/source/budget/budget-share.ts';
import { type Budgets, createBudgets } from '../../src/source/budget/budgets.ts';
import type { ReadOptions } from '../../src/source/source.ts';
import type { Store } from '../../src/store/store.ts';
import { createRunner } from '../../src/watcher/runner.ts';
import { blindnessOf } from '../../src/watcher/status.ts';
import { aJob, aWatch, GROUP_ID, MINUTE, T0 } from '../support/builders.ts';
import { createFakeNotifier } from '../support/fake-notifier.ts';
import { createFakeSource } from '../support/fake-source.ts';
import { fakeTime } from '../support/fake-time.ts';
import { aJoining } from '../support/joining.ts';
import { ALONE, aRunnerConfig } from '../support/runner-config.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openEmbeddedStore } from '../support/test-store.ts';

const SECOND = 1_000;

/** The whole watcher before an Atlas in memory, with a real request budget in between. */
async function aWorld(watches: Watch[], { clusters = 0, perMinute = 90 } = {}) {
  const time = fakeTime(T0);
  const source = createFakeSource();
  const names = Array.from({ length: clusters }, (_, n) => `cluster-${n}`);
  source.instances.set(
    GROUP_ID,
    names.map((name) => ({ instanceName: name, name, tags: {} })),
  );
  const budgetsOf = (requestsPerMinute: number): Budgets =>
    createBudgets({
      connection: 'atlas',
      requestsPerMinute,
      longestPauseMs: 30_000,
      shareBudget: shareWithNobody,
      clock: time,
    });
  let budgets = budgetsOf(perMinute);
  const asked: Array<{ what: string; at: number }> = [];
  const paid = async (what: string, { signal, isUrgent, onWait }: ReadOptions): Promise<void> => {
    const onTurn = onWait?.();
    const allowance = await budgets.of(GROUP_ID).admit('cloud_backups', signal, { isUrgent }).finally(onTurn);
    allowance.pay().settle(null);
    asked.push({ what, at: time.monotonic() });
  };
  const { listJobs, listInstances } = source;
  let running: string | null = null;
  source.listJobs = async function* (target, options) {
    await paid(target.instanceName, options);
    source.jobs = target.instanceName === running ? [aJob([], { instanceName: running })] : [];
    yield* listJobs(target, options);
  };
  source.listInstances = async (place, options) => {
    await paid('instances', options);
    return listInstances(place, options);
  };
  source.budgetOf = (groupId) => ({ ...budgets.of(groupId).facts(), login: 0 });

  const store: Store = { ...(await openEmbeddedStore()), checkWritable: async () => {} };
  await store.join(aJoining());
  const logger = createRecordingLogger();
  const config = aRunnerConfig({
    watches,
    sources: new Map([['atlas', source]]),
    notifiers: [createFakeNotifier()],
    drills: shortDrills(watches),
  });
  const signals = createSignals(logger);
  const runner = createRunner({ ...config, ...ALONE, store, clock: time, logger, signals });
  await runner.start();
  onTestFinished(async () => {
    const stopping = runner.stop('test');
    // A poll that waits for its turn is cut short.
    await time.pass(10 * SECOND);
    await stopping;
    await store.close();
  });
  return {
    ...{ time, source, logger, asked },
    runs: (name: string) => {
      running = name;
    },
    raiseCeiling: (next: number) => {
      budgets = budgetsOf(next);
    },
    status: () => runner.status(),
    reload: () => runner.apply(config, () => async () => {}),
    pollNow: (watch: string) => runner.pollSoon(watch),
    told: async (): Promise<string[]> =>
      (await store.listEvents({ limit: 500 })).items.map(({ event }) => event.summary).reverse(),
    /** The longest time between two polls of an instance, from `since` on. */
    longestGap: (what: string, since = 0) => {
      const times = asked.filter((one) => one.what === what && one.at >= since).map(({ at }) => at);
      return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
    },
    mostInAMinute: () =>
      Math.max(...asked.map(({ at }) => asked.filter((o) => o.at > at - MINUTE && o.at <= at).length)),
  };
}

const FLEET: Partial<Watch> = { name: 'fleet', kind: 'cluster', apiVersion: 'v2', instanceName: '*' };

describe('a hundred clusters under "*", with all defaults', () => {
  it('are polled as fast as the ceiling allows, and the watch is never blind', async () => {
    const world = await aWorld([aWatch({ ...FLEET, isScheduleDefault: true })], { clusters: 100 });
    const blind: string[] = [];
    for (let seconds = 0; seconds < 7 * 60; seconds += 5) {
      await world.time.pass(5 * SECOND);
      const [watch] = world.status().watches;
      if (watch && blindnessOf(watch) === 'overdue') blind.push(`${seconds} s`);
    }
    expect(blind).toEqual([]);
    const [watch] = world.status().watches;
    expect(watch).toMatchObject({ scheduledMs: 30 * SECOND, throttled: { by: 'ceiling', isMeant: true } });
    expect(watch?.periodMs).toBeCloseTo(66_667, -2);
    expect(world.longestGap('cluster-99')).toBeLessThan(2 * 66_667);
    expect(world.mostInAMinute()).toBeLessThanOrEqual(90);
    expect(healthOf(world.status())).toMatchObject({ ready: true, warnings: [] });
    expect(await world.told()).toEqual([]);
    expect(world.logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      `Watch fleet: it is polled every 67 s instead of every 30 s: project ${GROUP_ID} needs 200 requests a minute of 90`,
    ]);
  });

  it('are polled as their schedule has it where a restore runs', async () => {
    const world = await aWorld([aWatch({ ...FLEET, isScheduleDefault: true })], { clusters: 100 });
    world.runs('cluster-7');
    await world.time.pass(2 * MINUTE);
    const since = world.time.monotonic();
    await world.time.pass(3 * MINUTE);
    expect(world.longestGap('cluster-7', since)).toBeLessThan(35 * SECOND);
    expect(world.longestGap('cluster-8', since)).toBeLessThan(140 * SECOND);
  });
});

describe('three watches every second on one project', () => {
  const three = ['a', 'b', 'c'].map((name) =>
    aWatch({ name, instanceName: name, kind: 'cluster', apiVersion: 'v2', schedule: '* * * * * *' }),
  );

  it('are said to be held back, by the log and by health, and stay ready', async () => {
    const world = await aWorld(three);
    await world.time.pass(30 * SECOND);
    const { ready, warnings } = healthOf(world.status());
    expect(ready).toBe(true);
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(
      /^watch a: since .* it is polled every 2 s instead of every 1 s: project \S+ needs 180 requests a minute of 90\. Set requestsPerMinute of connection atlas to 180 at least/,
    );
    await world.time.pass(MINUTE);
    const logged = world.logger.lines.filter(({ message }) => /instead of every/.test(message));
    expect(logged.map(({ fields }) => fields?.watch)).toEqual(['a', 'b', 'c']);
  });

  it('are told as failing by the rate limit after failingAfter, and as recovered once the ceiling allows it', async () => {
    const world = await aWorld(three);
    await world.time.pass(4.5 * MINUTE);
    expect(await world.told()).toEqual([]);
    await world.time.pass(MINUTE);
    const told = await world.told();
    expect(told).toHaveLength(3);
    expect(told.toSorted()[0]).toMatch(
      /^Watch a cannot keep its schedule for 5 min \(rate_limited\): it is polled every 2 s instead of every 1 s/,
    );
    world.raiseCeiling(1_000);
    await world.time.pass(10 * SECOND);
    expect(world.status().watches.map(({ throttled }) => throttled)).toEqual([null, null, null]);
    expect(await world.told()).toHaveLength(3);
    await world.time.pass(5 * MINUTE);
    expect((await world.told()).slice(3).toSorted()).toEqual(
      ['a', 'b', 'c'].map((name) => `Watch ${name} keeps its schedule again`),
    );
  });
});

describe('a watch that a rate limit holds back', () => {
  const two = ['a', 'b'].map((name) =>
    aWatch({ name, instanceName: name, kind: 'cluster', apiVersion: 'v2', schedule: '* * * * * *' }),
  );
  const onlyOf = (told: readonly string[], name: string): string[] =>
    told.filter((summary) => summary.startsWith(`Watch ${name} `));

  it('is told of all the same when its key is refused, and so is the end of either', async () => {
    const { SourceError } = await import('../../src/errors.ts');
    const world = await aWorld(two);
    await world.time.pass(6 * MINUTE);
    expect(onlyOf(await world.told(), 'a')).toEqual([expect.stringMatching(/cannot keep its schedule/)]);
    world.source.fault = new SourceError('auth', 'the key is refused', { subject: 'credential' });
    await world.time.pass(8 * MINUTE);
    expect(onlyOf(await world.told(), 'a').slice(1)).toEqual([
      expect.stringMatching(/^Watch a cannot be polled for 5 min: the key is refused/),
    ]);
    world.source.fault = null;
    await world.time.pass(8 * MINUTE);
    expect(onlyOf(await world.told(), 'a').slice(2)).toEqual(['Watch a can be polled again']);
    world.raiseCeiling(1_000);
    await world.time.pass(6 * MINUTE);
    expect(onlyOf(await world.told(), 'a').slice(3)).toEqual(['Watch a keeps its schedule again']);
  });

  it('is asked all the same whether a restore is overdue there', async () => {
    const world = await aWorld(two.map((watch) => ({ ...watch, expectRestoreEveryMs: 10 * MINUTE })));
    await world.time.pass(12 * MINUTE);
    expect(onlyOf(await world.told(), 'a')).toEqual([expect.stringMatching(/cannot keep its schedule/)]);
    expect((await world.told()).filter((summary) => /No restore of watch a has/.test(summary))).toHaveLength(
      1,
    );
  });

  it('is told of once where it misses its schedule in one minute and keeps it in the next', async () => {
    const world = await aWorld(two);
    for (let minute = 0; minute < 20; minute += 1) {
      world.raiseCeiling(minute % 2 === 0 ? 90 : 1_000);
      await world.time.pass(MINUTE);
    }
    expect(onlyOf(await world.told(), 'a')).toEqual([expect.stringMatching(/cannot keep its schedule/)]);
    const logged = world.logger.lines.filter(({ fields }) => fields?.watch === 'a');
    expect(
      logged.filter(({ message }) => /^Watch a.*(schedule has it again|instead of every)/.test(message)),
    ).toHaveLength(1);
  });

  it('is not told of where it missed its schedule for a moment', async () => {
    const world = await aWorld(two);
    await world.time.pass(MINUTE);
    world.raiseCeiling(1_000);
    await world.time.pass(10 * MINUTE);
    expect(await world.told()).toEqual([]);
  });
});

describe('a watch for which Atlas fills up less than the ceiling allows', () => {
  it('is polled as fast as that allows, never blind, and says who limits it', async () => {
    const world = await aWorld([aWatch({ ...FLEET })], { clusters: 100, perMinute: 400 });
    const { budgetOf } = world.source;
    world.source.budgetOf = (groupId) => ({ ...budgetOf(groupId), refillPerMinute: 60 });
    await world.time.pass(20 * SECOND);
    const since = world.time.monotonic();
    const blind: string[] = [];
    for (let seconds = 0; seconds < 5 * 60; seconds += 5) {
      await world.time.pass(5 * SECOND);
      const [watch] = world.status().watches;
      if (watch && blindnessOf(watch) === 'overdue') blind.push(`${seconds} s`);
    }
    expect(blind).toEqual([]);
    const [watch] = world.status().watches;
    expect(watch).toMatchObject({ periodMs: 100_000, throttled: { by: 'bucket', isMeant: false } });
    expect(watch?.throttled?.message).toBe(
      `it is polled every 100 s instead of every 30 s: project ${GROUP_ID} needs 200 requests a minute of the 60 that Atlas allows all who use the project`,
    );
    expect(world.asked.filter(({ at }) => at >= since + MINUTE).length).toBeLessThanOrEqual(4.5 * 60);
    expect(healthOf(world.status()).warnings).toHaveLength(1);
  });
});

describe('a watch whose requests Atlas leaves no room for', () => {
  it('is blind for that reason, and told as failing after failingAfter', async () => {
    const watch = aWatch({ kind: 'cluster', apiVersion: 'v2', schedule: '*/10 * * * * *' });
    const world = await aWorld([watch], { perMinute: 1 });
    world.source.budgetOf = () => ({
      perMinute: 90,
      left: 90,
      refillPerMinute: null,
      login: 0,
      waitsFor: 'bucket',
    });
    // Somebody else takes every request there is.
    const greedy = { signal: new AbortController().signal, isUrgent: true };
    await world.time.pass(SECOND);
    for (let n = 0; n < 20; n += 1) void world.source.listInstances({ ...watch }, greedy).catch(() => {});
    await world.time.pass(MINUTE);
    const [reason] = healthOf(world.status()).reasons;
    expect(reason).toMatch(
      /^watch orders: not polled since .*: it waits for its turn in project .* Atlas leaves too little/,
    );
    await world.time.pass(5 * MINUTE);
    expect(await world.told()).toEqual([
      expect.stringMatching(/^Watch orders cannot be polled for 5 min: it waits/),
    ]);
  });
});

describe('after a cure', () => {
  it('a reload, and the wish to poll now, end the back-off of a watch', async () => {
    const world = await aWorld([aWatch()]);
    const { SourceError } = await import('../../src/errors.ts');
    world.source.fault = new SourceError('auth', 'not on the access list', { subject: 'credential' });
    await world.time.pass(8 * MINUTE);
    world.source.fault = null;
    const before = world.asked.length;
    await world.reload();
    await world.time.pass(SECOND);
    expect(world.asked.length).toBe(before + 1);
    expect(world.status().watches[0]?.fault).toBeNull();
    expect(world.source.forgiven).toBeGreaterThan(0);
    expect(world.pollNow('orders')).toBe('begun');
    expect(world.pollNow('orders')).toBe('under_way');
    expect(world.pollNow('nobody')).toBeNull();
  });
});
