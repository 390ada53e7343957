import { describe, expect, it } from 'vitest';
import type { Watch } from '../../src/domain/job/watch.ts';
import { aWatch, GROUP_ID, HOUR, MINUTE } from '../support/builders.ts';
import { aHintedWorld, FLEET, firstHour, outage, refusal } from './hint-world.ts';

const SECOND = 1_000;
/** Per ten minutes: every tick is a look at the feed; five clusters. */
const FULL = { polls: 100, feeds: 20 };
const HINTED = { polls: 5, feeds: 20 };
const WITHOUT = { polls: 100, feeds: 0 };

describe('a project whose activity feed is honest', () => {
  it('is polled in full for an hour, and then when the feed tells of something, and in sweeps', async () => {
    const world = await aHintedWorld();
    await world.time.pass(50 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(FULL);
    await world.time.pass(11 * MINUTE);
    expect(world.status()[0]?.hint).toEqual({
      projects: 1,
      instances: 5,
      sweepMs: 10 * MINUTE,
      without: [],
    });
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(HINTED);
    await world.time.pass(50 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(HINTED);
    expect(new Set(world.polls.slice(-25).map(({ what }) => what)).size).toBe(5);
  });

  it('has each restore told of within a period, and the others left alone', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    for (const [minutes, name] of [
      [1, 'cluster-3'],
      [7, 'cluster-0'],
      [13, 'cluster-4'],
    ] as const) {
      await world.time.pass(minutes * MINUTE + 7 * SECOND);
      const at = world.time.now();
      const id = world.restore(name, { lagMs: 3 * SECOND });
      await world.time.pass(2 * MINUTE);
      const detectedAt = (await world.detected()).get(id) ?? Number.POSITIVE_INFINITY;
      expect(detectedAt - at).toBeLessThanOrEqual(34 * SECOND);
    }
    expect(world.judged).toEqual([true, true, true]);
    expect(world.status()[0]?.hint).toMatchObject({ projects: 1 });
  });

  it('is polled at once, after 15 s and after 45 s, whatever the first of these polls shows', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    world.source.feed.set(GROUP_ID, [{ id: 'e', type: 'CPS_RESTORE_REQUESTED_AUDIT', at: world.time.now() }]);
    const before = world.polls.length;
    await world.time.pass(30 * SECOND);
    const [first] = world.polls.slice(before);
    await world.time.pass(50 * SECOND);
    const times = new Map<number, number>();
    for (const { at } of world.polls.slice(before)) {
      const since = Math.round((at - (first?.at ?? 0)) / SECOND);
      times.set(since, (times.get(since) ?? 0) + 1);
    }
    for (const since of [0, 15, 45]) expect(times.get(since)).toBe(5);
  });

  it('says when it is looked at next, also for what an event asks for', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    world.restore('cluster-1');
    await world.time.pass(30 * SECOND);
    const [watch] = world.status();
    const untilMs = (watch?.nextPollAt ?? 0) - world.time.now();
    expect(untilMs).toBeGreaterThan(0);
    expect(untilMs).toBeLessThanOrEqual(15 * SECOND);
  });

  it('is never blind, although most of it is read every ten minutes alone', async () => {
    const world = await aHintedWorld({ clusters: 3 });
    for (let minute = 0; minute < 90; minute += 1) {
      await world.time.pass(MINUTE);
      expect(world.isBlind()).toBe(false);
    }
  });

  it('leaves no watch blind that shares its feed with another one', async () => {
    const flex = aWatch({ ...FLEET, name: 'flex', kind: 'flex' });
    const world = await aHintedWorld({ clusters: 3 }, [flex]);
    await firstHour(world);
    for (let minute = 0; minute < 20; minute += 1) {
      await world.time.pass(MINUTE);
      expect(world.isBlind()).toBe(false);
    }
    expect(world.lately(10 * MINUTE)).toEqual({ polls: 6, feeds: 20 });
  });

  it('is polled each tick where a restore runs', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    const id = world.restore('cluster-2');
    await world.time.pass(MINUTE);
    expect((await world.detected()).has(id)).toBe(true);
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE).polls).toBeLessThanOrEqual(HINTED.polls + 5);
  });

  it('keeps what it has proved across a restart', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    await world.restart();
    await world.time.pass(11 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(HINTED);
    expect(await world.audit()).toEqual([
      {
        entry: 'feed.trusted',
        ...{ connection: 'atlas', kind: 'cluster', groupId: GROUP_ID, reason: null, detail: null },
      },
    ]);
  });

  it('is asked once for all kinds that are followed there', async () => {
    const collections = aWatch({ ...FLEET, name: 'collections', kind: 'collection' });
    const world = await aHintedWorld({}, [collections]);
    await firstHour(world);
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual({ polls: HINTED.polls + FULL.polls, feeds: 20 });
    expect(world.status()[1]?.hint).toMatchObject({
      projects: 0,
      without: [{ groupId: GROUP_ID, reason: 'proving', detail: null }],
    });
  });
});

describe('a watch that goes without a feed', () => {
  it.each<[string, Partial<Watch> & { clusters?: number }, number]>([
    ['it is told to', { hint: 'off' }, 5],
    ['the project has two instances', { clusters: 2 }, 2],
    ['of its kind no feed tells', { kind: 'serverless' }, 5],
    ['it reads v1.0', { apiVersion: 'v1.0' }, 5],
    ['it is polled no more often than sweeps come', { sweepEveryMs: 30_000 }, 5],
  ])('is polled in full, and asks no feed, where %s', async (_, over, count) => {
    const world = await aHintedWorld(over);
    await firstHour(world);
    world.restore('cluster-0', { lagMs: null });
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual({ polls: count * 20, feeds: 0 });
    expect(world.feeds).toEqual([]);
    expect(await world.audit()).toHaveLength(over.sweepEveryMs || over.clusters ? 1 : 0);
  });
});

describe('a feed that cannot be relied on', () => {
  it.each([
    ['loses a job', null],
    ['tells of a job too late', 12 * MINUTE],
  ])('and %s leaves it to the sweep, is told of, and is relied on no more', async (_, lagMs) => {
    const world = await aHintedWorld();
    await firstHour(world);
    await world.time.pass(3 * SECOND);
    const at = world.time.now();
    const id = world.restore('cluster-1', { lagMs });
    await world.time.pass(11 * MINUTE);
    const detectedAt = (await world.detected()).get(id) ?? Number.POSITIVE_INFINITY;
    expect(detectedAt - at).toBeLessThanOrEqual(10 * MINUTE + 30 * SECOND);
    await world.time.pass(12 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(WITHOUT);
    expect(world.judged).toEqual([false]);
    const detail = `the feed did not tell of job ${id} within a minute`;
    expect(world.status()[0]?.hint?.without).toEqual([{ groupId: GROUP_ID, reason: 'missed', detail }]);
    expect((await world.audit()).at(-1)).toMatchObject({
      entry: 'feed.distrusted',
      reason: 'missed',
      detail,
    });
    expect(world.lines('warn')).toEqual([
      `Watch fleet polls every instance of project ${GROUP_ID} at every tick: the activity feed did not tell of a job in time`,
    ]);

    await world.restart();
    await world.time.pass(11 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(WITHOUT);
  });

  it('and is refused is not asked for a day, and then tried again', async () => {
    const world = await aHintedWorld({ clusters: 3, schedule: '0 * * * * *' });
    await firstHour(world);
    world.source.feedFault = refusal();
    await world.time.pass(10 * MINUTE);
    world.source.feedFault = null;
    expect((await world.audit()).at(-1)).toMatchObject({
      entry: 'feed.distrusted',
      reason: 'refused',
      detail: 'GET /events: 403 ACCESS_FORBIDDEN',
    });
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual({ polls: 30, feeds: 0 });
    await world.time.pass(25 * HOUR + 30 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual({ polls: 3, feeds: 10 });
    expect((await world.audit()).map(({ entry }) => entry)).toEqual([
      'feed.trusted',
      'feed.silent',
      'feed.distrusted',
      'feed.trusted',
    ]);
  });

  it('and was refused is tried again when the configuration is read again', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    world.source.feedFault = refusal();
    await world.time.pass(5 * MINUTE);
    expect(world.status()[0]?.hint?.without).toMatchObject([{ reason: 'refused' }]);
    world.source.feedFault = null;
    await world.reload();
    await world.time.pass(2 * MINUTE);
    expect(world.status()[0]?.hint).toMatchObject({ projects: 1, sweepMs: 30 * SECOND });
    await firstHour(world);
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(HINTED);
  });

  it('and does not answer is known after two periods, and relied on again as soon as it does', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    world.source.feedFault = outage();
    const id = world.restore('cluster-4');
    for (let seconds = 0; seconds < 600; seconds += 10) {
      await world.time.pass(10 * SECOND);
      expect(world.isBlind()).toBe(false);
    }
    expect((await world.detected()).has(id)).toBe(true);
    expect(world.lately(5 * MINUTE)).toEqual({ polls: 50, feeds: 10 });
    expect(world.status()[0]?.hint?.without).toMatchObject([{ reason: 'silent' }]);
    world.source.feedFault = null;
    await world.time.pass(12 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(HINTED);
    expect((await world.audit()).map(({ entry }) => entry)).toEqual([
      'feed.trusted',
      'feed.silent',
      'feed.heard',
    ]);
    expect(world.lines('warn')).toEqual([
      `Watch fleet polls every instance of project ${GROUP_ID} at every tick: the activity feed tells nothing at present`,
    ]);
    expect(world.judged).toEqual([true]);
  });

  it('and hangs holds up nobody', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    const { readFeed } = world.source;
    world.source.readFeed = (_, __, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    await world.time.pass(10 * MINUTE);
    expect(world.lately(5 * MINUTE).polls).toBe(50);
    expect(world.isBlind()).toBe(false);
    world.source.readFeed = readFeed;
  });

  it('and tells of things that did not happen costs polls, and no more', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    world.source.feed.set(GROUP_ID, [{ id: 'lie', type: 'CPS_RESTORE_FAILED', at: world.time.now() }]);
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE).polls).toBeLessThanOrEqual(HINTED.polls + 15);
    expect(world.status()[0]?.hint).toMatchObject({ projects: 1 });
  });

  it('is not to blame where the jobs cannot be read either', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    world.source.fault = refusal();
    await world.time.pass(10 * MINUTE);
    world.source.fault = null;
    await world.time.pass(15 * MINUTE);
    expect(world.status()[0]?.hint).toMatchObject({ projects: 1, without: [] });
    expect((await world.audit()).map(({ entry }) => entry)).not.toContain('feed.distrusted');
  });
});

describe('the feed of collection restores', () => {
  it('is relied on once it has told of three in a row', async () => {
    const world = await aHintedWorld({ kind: 'collection' });
    await firstHour(world);
    expect(world.lately(10 * MINUTE)).toEqual(FULL);
    for (const name of ['cluster-0', 'cluster-1', 'cluster-2']) {
      world.restore(name, { kind: 'collection' });
      await world.time.pass(5 * MINUTE);
    }
    expect(world.judged).toEqual([true, true, true]);
    await firstHour(world);
    await world.time.pass(10 * MINUTE);
    expect(world.lately(10 * MINUTE)).toEqual(HINTED);
  });
});

describe('an instance of a hinted project', () => {
  it('that cannot be read is tried at every tick, and told of as if there were no feed', async () => {
    const world = await aHintedWorld();
    await firstHour(world);
    const { listJobs } = world.source;
    world.source.listJobs = (target, options) => {
      if (target.instanceName === 'cluster-1') throw refusal();
      return listJobs(target, options);
    };
    await world.time.pass(20 * MINUTE);
    expect(world.status()[0]?.faults).toMatchObject([{ place: { instanceName: 'cluster-1' } }]);
    expect(world.lately(10 * MINUTE).polls).toBeLessThanOrEqual(HINTED.polls);
  });

  it('that is new is read at once', async () => {
    const world = await aHintedWorld({ discoverEveryMs: MINUTE });
    await firstHour(world);
    world.source.instances.get(GROUP_ID)?.push({ instanceName: 'new', name: 'new', tags: {} });
    await world.time.pass(2 * MINUTE);
    expect(world.polls.some(({ what }) => what === 'new')).toBe(true);
  });
});
