import { expect, it } from 'vitest';
import type { Actor } from '../../src/domain/job/actor.ts';
import type { Watch } from '../../src/domain/job/watch.ts';
import type { FeedEvent } from '../../src/domain/polling/feed-events.ts';
import { SourceError } from '../../src/errors.ts';
import { GROUP_ID } from '../support/builders.ts';
import { aHintedWorld, refusal } from './hint-world.ts';

const SECOND = 1_000;
const ANN = { id: 'id-ann', name: 'ann@example.com', address: '203.0.113.7' };
const BOB = { id: 'id-bob', name: 'bob@example.com', address: null };

/** Two instances: no hint asks the feed. */
async function aWorld(over: Partial<Watch> = {}) {
  const world = await aHintedWorld({ clusters: 2, actors: true, ...over });
  await world.time.pass(65 * SECOND);
  const actorOf = async (id: string): Promise<Actor | undefined> =>
    (await world.store.readObservations('fleet', [id])).get(id)?.job?.actor;
  const told = async (): Promise<string[]> =>
    (await world.store.listEvents({ limit: 99 })).items.flatMap(({ event }) =>
      event.name === 'attributed' ? [event.summary] : [],
    );
  const ask = (id: string, over: Partial<FeedEvent>): void => {
    const at = Number.parseInt(id.slice(0, 8), 16) * SECOND;
    const event = { id: 'e', type: 'CPS_RESTORE_REQUESTED_AUDIT' as const, at, ...over };
    world.source.feed.set(GROUP_ID, [...(world.source.feed.get(GROUP_ID) ?? []), event]);
  };
  return { ...world, actorOf, told, ask };
}

/** The id of an event some steps behind that of its job. */
function stepsAfter(id: string, steps: number): string {
  return id.slice(0, 18) + (Number.parseInt(id.slice(18), 16) + steps).toString(16).padStart(6, '0');
}

it('says who began a restore, exactly, once the feed tells of the request', async () => {
  const world = await aWorld();
  const id = world.restore('cluster-0', { lagMs: null });
  world.ask(id, { id: stepsAfter(id, 4), person: ANN });
  await world.time.pass(65 * SECOND);
  expect(await world.actorOf(id)).toEqual({ confidence: 'exact', ...ANN });
  const summary = expect.stringContaining('was started by ann@example.com from 203.0.113.7 (exact)');
  expect(await world.told()).toEqual([summary]);
  await world.time.pass(300 * SECOND);
  expect(await world.told()).toHaveLength(1);
});

it('says of each of many restores who began it, though they were found at once, long after', async () => {
  const world = await aWorld();
  const { readFeed, listJobs } = world.source;
  world.source.readFeed = () =>
    Promise.reject(new SourceError('unavailable', 'HTTP 503', { retryable: true }));
  world.source.listJobs = () => {
    throw new SourceError('unavailable', 'HTTP 503', { retryable: true });
  };
  const ids: string[] = [];
  for (let number = 0; number < 4; number += 1) {
    const id = world.restore('cluster-0', { lagMs: null });
    world.ask(id, { id: stepsAfter(id, 4), person: ANN });
    ids.push(id);
    await world.time.pass(20 * 60 * SECOND);
  }
  Object.assign(world.source, { readFeed, listJobs });
  await world.time.pass(10 * 60 * SECOND);
  for (const id of ids) expect(await world.actorOf(id)).toEqual({ confidence: 'exact', ...ANN });
});

it('says who is likely, and who fit equally, when no more is told', async () => {
  const world = await aWorld();
  const likely = world.restore('cluster-0', { lagMs: null });
  world.ask(likely, { id: 'x1', person: ANN });
  await world.time.pass(150 * SECOND);
  expect(await world.actorOf(likely)).toEqual({ confidence: 'likely', ...ANN });
  const ambiguous = world.restore('cluster-1', { lagMs: null });
  world.ask(ambiguous, { id: 'x2', person: ANN });
  world.ask(ambiguous, { id: 'x3', person: BOB });
  await world.time.pass(150 * SECOND);
  expect(await world.actorOf(ambiguous)).toEqual({ confidence: 'ambiguous', candidates: [ANN, BOB] });
});

it('says that nobody is known where the feed tells of nothing, and asks it no more than once a poll', async () => {
  const world = await aWorld();
  const id = world.restore('cluster-0', { lagMs: null });
  await world.time.pass(300 * SECOND);
  expect(await world.actorOf(id)).toEqual({ confidence: 'none', because: 'not_told' });
  expect(world.feeds.length).toBeGreaterThan(0);
  expect(world.feeds.length).toBeLessThanOrEqual(4);
  expect(await world.told()).toEqual([]);
});

it('says of a collection that nobody is known, though somebody asked for a restore at that time', async () => {
  const world = await aWorld({ kind: 'collection' });
  const id = world.restore('cluster-0', { lagMs: null, kind: 'collection' });
  world.ask(id, { id: 'x1', person: ANN });
  await world.time.pass(150 * SECOND);
  expect(await world.actorOf(id)).toEqual({ confidence: 'none', because: 'not_told' });
});

it('goes on after a restart, however long ago a running job was found', async () => {
  const world = await aWorld();
  const { readFeed } = world.source;
  world.source.readFeed = () =>
    Promise.reject(new SourceError('unavailable', 'HTTP 503', { retryable: true }));
  const id = world.restore('cluster-0', { lagMs: null, reached: [] });
  world.ask(id, { id: stepsAfter(id, 4), person: ANN });
  await world.time.pass(65 * SECOND);
  expect(await world.actorOf(id)).toBeUndefined();
  world.source.readFeed = readFeed;
  await world.restart();
  await world.time.pass(20 * 60 * SECOND);
  expect(await world.actorOf(id)).toEqual({ confidence: 'exact', ...ANN });
});

it('writes over nothing that a poll has found meanwhile', async () => {
  const world = await aWorld();
  const { store } = world;
  const id = world.restore('cluster-0', { lagMs: null, reached: [] });
  world.ask(id, { id: stepsAfter(id, 4), person: ANN });
  const { commitPoll } = store;
  let isFirst = true;
  store.commitPoll = async (commit) => {
    if (commit.madeOf && isFirst) {
      isFirst = false;
      const [observation] = (await store.readObservations('fleet', [id])).values();
      const anomaly = 'found meanwhile';
      const observations = observation ? [{ ...observation, anomaly }] : [];
      const { madeOf: _madeOf, ...other } = commit;
      await commitPoll({ ...other, observations, events: [], audit: [] });
    }
    return commitPoll(commit);
  };
  await world.time.pass(65 * SECOND);
  expect(isFirst).toBe(false);
  await world.time.pass(65 * SECOND);
  expect(await world.actorOf(id)).toEqual({ confidence: 'exact', ...ANN });
  expect(await world.told()).toHaveLength(1);
});

it('says that the feed may not be read, and tells so once', async () => {
  const world = await aWorld();
  world.source.readFeed = () => Promise.reject(refusal());
  const ids = [world.restore('cluster-0', { lagMs: null }), world.restore('cluster-1', { lagMs: null })];
  await world.time.pass(150 * SECOND);
  for (const id of ids)
    expect(await world.actorOf(id)).toEqual({ confidence: 'none', because: 'no_permission' });
  expect(world.lines('warn').filter((line) => line.includes('activity feed'))).toHaveLength(1);
});

it('asks no feed where nobody wants to know', async () => {
  const world = await aWorld({ actors: false });
  const id = world.restore('cluster-0', { lagMs: null });
  await world.time.pass(150 * SECOND);
  expect([await world.actorOf(id), world.feeds.length]).toEqual([undefined, 0]);
});
