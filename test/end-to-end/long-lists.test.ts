import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { jobOf } from '../../src/domain/event/subject.ts';
import type { Watch } from '../../src/domain/job/watch.ts';
import { createSignals } from '../../src/signals.ts';
import type { AtlasSimulator } from '../../src/simulator/atlas/atlas.ts';
import { finish, flexJob, newJobId, running } from '../../src/simulator/atlas/scenario.ts';
import { createAtlasSource } from '../../src/source/atlas-source.ts';
import { flexJobs } from '../../src/source/kinds/flex.ts';
import type { Store } from '../../src/store/store.ts';
import { pollWatch } from '../../src/watcher/watch/poll-watch.ts';
import { createTargetBook } from '../../src/watcher/watch/targets/book.ts';
import { anAtlas } from '../simulator/atlas/atlas-client.ts';
import { aConnection, createJumpingClock } from '../source/support.ts';
import { aWatch, HOUR, MINUTE } from '../support/builders.ts';
import { aRecorder, withEvents } from '../support/recorder.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openEmbeddedStore } from '../support/test-store.ts';
import { wholeOf } from '../support/whole-of.ts';
import { awaken, factsOf, GROUP, INSTANCE, pollsOf, settle, startWorld, untilPolled } from './support.ts';

/** As many as on a real cluster whose list was recorded: five pages. */
const OLD_JOBS = 2_160;
const PAGES = 5;

describe('a Flex cluster with thousands of old jobs', () => {
  let atlas: AtlasSimulator;
  let store: Store;
  let clock: ReturnType<typeof createJumpingClock>;
  let poll: () => Promise<{ jobs: number; requests: number; told: string[] }>;

  beforeEach(async () => {
    // One login for the whole test: what is counted are polls.
    atlas = await anAtlas({ nonceLifeMs: 24 * HOUR });
    atlas.addInstance(GROUP, INSTANCE, 'flex');
    atlas.addPast(GROUP, INSTANCE, OLD_JOBS);
    store = await openEmbeddedStore();
    clock = createJumpingClock();
    onTestFinished(() => store.close());
    poll = aPoller(aWatch({ kind: 'flex', apiVersion: 'v2', groupId: GROUP, instanceName: INSTANCE }));
  });

  /** Polls as the daemon does. Tells what that took and what was found. */
  function aPoller(watch: Watch): typeof poll {
    const source = createAtlasSource({
      connection: aConnection(atlas.url, { clock }),
      clock,
      adapters: [flexJobs],
    });
    const logger = createRecordingLogger();
    const book = createTargetBook(
      { ...wholeOf(store), source, store, clock, logger, writeDown: async () => {} },
      watch,
    );
    const { signal } = new AbortController();
    return async () => {
      const before = atlas.requests.length;
      const signals = createSignals(logger);
      const recorder = aRecorder({ store, clock, signals });
      const report = await withEvents(signals, () =>
        pollWatch({ source, store, recorder, clock }, { watch, book, lateAfterMs: 2 * MINUTE, signal }),
      );
      expect(report.failure).toBeNull();
      const told = report.events.map(({ event }) => `${jobOf(event)?.id} ${event.name}`);
      return { jobs: report.jobs, requests: atlas.requests.length - before, told };
    };
  }

  /** A job of this moment, in front of all others. */
  function putNew(): string {
    const job = running()(flexJob({ createdAt: Date.now(), instance: INSTANCE }));
    atlas.putJob(GROUP, INSTANCE, job);
    return job.id;
  }

  async function recorded(): Promise<number> {
    return (await store.countJobs()).reduce((sum, { count }) => sum + count, 0);
  }

  it('is read whole at first, and with one request at each poll from then on', async () => {
    const challenge = 1;
    expect(await poll()).toEqual({ jobs: OLD_JOBS, requests: PAGES + challenge, told: [] });
    expect(await recorded()).toBe(OLD_JOBS);
    for (let polls = 0; polls < 10; polls += 1) {
      expect(await poll()).toEqual({ jobs: 500, requests: 1, told: [] });
    }
  });

  it('costs no more while three jobs are running on its first page', async () => {
    const ids = [putNew(), putNew(), putNew()];
    await poll();
    for (let polls = 0; polls < 5; polls += 1) expect(await poll()).toMatchObject({ requests: 1, told: [] });
    for (const id of ids) atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
    const { requests, told } = await poll();
    expect(requests).toBe(1);
    expect(told.toSorted()).toEqual(ids.map((id) => `${id} finished`).toSorted());
  });

  it('neither loses nor doubles a job that comes in between two pages of the first listing', async () => {
    const ids: string[] = [];
    atlas.betweenPages(() => ids.push(putNew()));
    await poll();
    atlas.betweenPages(null);
    expect(ids).toHaveLength(PAGES - 1);
    expect(await recorded()).toBe(OLD_JOBS);

    const { told, requests } = await poll();
    expect(told.toSorted()).toEqual(ids.map((id) => `${id} started`).toSorted());
    expect(requests).toBe(1);
    expect(await recorded()).toBe(OLD_JOBS + ids.length);
    expect((await poll()).told).toEqual([]);
  });

  it('announces once a job that comes in between two pages of a later whole listing', async () => {
    await poll();
    const ids: string[] = [];
    atlas.betweenPages(() => ids.push(putNew()));
    clock.jump(2 * HOUR);
    const whole = await poll();
    atlas.betweenPages(null);
    expect(whole.requests).toBeGreaterThanOrEqual(PAGES);

    const told = [...whole.told, ...(await poll()).told, ...(await poll()).told];
    expect(told.toSorted()).toEqual(ids.map((id) => `${id} started`).toSorted());
    expect(await recorded()).toBe(OLD_JOBS + PAGES - 1);
  });

  it('announces once a job that comes in while so much is new that one page does not hold it', async () => {
    await poll();
    const now = Date.now();
    const news = Array.from({ length: 700 }, (_, age) => {
      const createdAt = now - (age + 1) * 1_000;
      return flexJob({ id: newJobId(createdAt), createdAt, instance: INSTANCE });
    });
    for (const job of news) atlas.putJob(GROUP, INSTANCE, job);
    const between: string[] = [];
    atlas.betweenPages(() => between.push(putNew()));
    const first = await poll();
    atlas.betweenPages(null);
    expect(first.requests).toBe(2);

    const told = [...first.told, ...(await poll()).told];
    const expected = [...news.map(({ id }) => id), ...between].map((id) => `${id} started`);
    expect(told.toSorted()).toEqual(expected.toSorted());
  });
});

it('tells once of a job that comes in while the daemon reads such a list for the first time', async () => {
  const world = await startWorld({ atlas: { nonceLifeMs: 24 * HOUR } });
  world.atlas.addInstance(GROUP, 'archive', 'flex');
  world.atlas.addPast(GROUP, 'archive', OLD_JOBS);
  const job = running()(flexJob({ createdAt: Date.now(), instance: 'archive' }));
  world.atlas.betweenPages(() => {
    world.atlas.betweenPages(null);
    world.atlas.putJob(GROUP, 'archive', job);
  });
  const watches = [world.watch({ kind: 'flex', instanceName: 'archive', reconcileEvery: '3s' })];
  const daemon = await awaken(await settle(world.config({ watches })));

  await world.untilArrived(1, ['webhook']);
  world.atlas.updateJob(GROUP, 'archive', job.id, finish(Date.now()));
  await world.untilArrived(2, ['webhook']);
  await untilPolled(daemon, 4);
  expect(factsOf(world.told())).toEqual([`${job.id} started`, `${job.id} finished`]);
  expect([...(await pollsOf(daemon.base, 'failed')).values()]).toEqual([0]);
});
