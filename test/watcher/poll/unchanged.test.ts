import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Target, targetOf } from '../../../src/domain/job/watch.ts';
import { SourceError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import { createAtlasSource } from '../../../src/source/atlas-source.ts';
import type { Connection } from '../../../src/source/connection.ts';
import type { JsonRequest } from '../../../src/source/json-read.ts';
import { flexJobs } from '../../../src/source/kinds/flex.ts';
import type { JobSource } from '../../../src/source/source.ts';
import type { Store } from '../../../src/store/store.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import { type AnswerNotes, type PollInput, pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aRoute, aWatch, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

/** A job as Atlas writes it. */
type Raw = Record<string, unknown> & { id: string };

const WATCH = aWatch({ kind: 'flex', apiVersion: 'v2' });
const TARGET: Target = targetOf(WATCH);
const iso = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');

function raw(number: number, over: Record<string, unknown> = {}): Raw {
  const at = T0 - HOUR + number * 1_000;
  return {
    id: jobId(number, at),
    status: 'COMPLETED',
    deliveryType: 'RESTORE',
    restoreScheduledDate: iso(at),
    restoreFinishedDate: iso(at + MINUTE),
    ...over,
  };
}
const running = (number: number): Raw => raw(number, { status: 'RUNNING', restoreFinishedDate: null });
const link = (number: number, expiresAt: number): Raw =>
  raw(number, { deliveryType: 'DOWNLOAD', expirationDate: iso(expiresAt) });

/** Atlas below the transport: the answers as they are, and what was asked and read of them. */
class FakeAtlas {
  jobs: Raw[] = [];
  pageSize = 5;
  /** Pages from this one on cannot be read. */
  brokenFrom = Number.POSITIVE_INFINITY;
  /** Ids that are answered with 404 when they are asked for, though they are listed. */
  readonly hidden = new Set<string>();
  asked: string[] = [];
  read: string[] = [];

  readonly connection: Connection = {
    getJson: async (path, request) => this.#answer(path, request),
    aheadMs: () => 0,
    budgetOf: () => ({ perMinute: 90, left: 90, refillPerMinute: null, login: 0, waitsFor: null }),
    forgive: () => {},
    surelyAheadMs: () => 0,
    close: async () => {},
  };

  #answer(path: string, { recall }: JsonRequest) {
    const page = /pageNum=(\d+)/.exec(path)?.[1];
    const name = page === undefined ? (path.split('/').at(-1) ?? '') : `page ${page}`;
    this.asked.push(name);
    const text = page === undefined ? this.#one(name) : this.#page(Number(page));
    if (recall?.(text)) return { body: null, status: 200, headers: new Headers() };
    this.read.push(name);
    return { body: JSON.parse(text), status: 200, headers: new Headers() };
  }

  #page(number: number): string {
    if (number >= this.brokenFrom) throw new SourceError('bad_response', 'torn');
    const results = this.jobs.slice((number - 1) * this.pageSize, number * this.pageSize);
    const hasNext = number * this.pageSize < this.jobs.length;
    return JSON.stringify({ results, links: hasNext ? [{ rel: 'next' }] : [] });
  }

  #one(id: string): string {
    const job = this.jobs.find((each) => each.id === id);
    if (job === undefined || this.hidden.has(id))
      throw new SourceError('not_found', 'no such job', { status: 404, subject: 'job' });
    return JSON.stringify(job);
  }
}

const STATEMENTS = ['readTarget', 'readObservations', 'commitPoll'] as const;

/** A watcher of one target, with a store and a memory of its own. */
async function createPoller(atlas: FakeAtlas, clock: ManualClock, { remembers = true, watch = WATCH } = {}) {
  const store: Store = await openNewStore();
  const asked = Object.fromEntries(STATEMENTS.map((name) => [name, vi.spyOn(store, name)]));
  const signals = createSignals(createRecordingLogger());
  const recorder = aRecorder({ store, clock, signals }, { routes: [aRoute()] });
  const source: JobSource = createAtlasSource({
    connection: atlas.connection,
    clock,
    adapters: [
      {
        ...flexJobs,
        decode: (...job) => {
          counts.decoded += 1;
          return flexJobs.decode(...job);
        },
      },
    ],
  });
  const counts = { decoded: 0 };
  const places = new Places();
  let notes: AnswerNotes = { pages: new Map(), jobs: new Map() };

  return {
    store,
    notes: () => notes,
    poll: async (depth: PollInput['depth'] = 'whole', { signal } = new AbortController()) => {
      if (!remembers) notes = { ...notes, pages: new Map(), jobs: new Map() };
      atlas.asked = [];
      atlas.read = [];
      counts.decoded = 0;
      for (const spy of Object.values(asked)) spy.mockClear();
      const { events, ...report } = await withEvents(signals, () =>
        pollTarget(
          { source, store, recorder, clock },
          {
            ...{ watch, target: TARGET, lateAfterMs: 2 * MINUTE, isUrgent: false, depth, newSince: null },
            ...{ notes, places, signal },
            timePolicyFor: () => ({
              stalled: { afterMs: 2 * HOUR, note: null },
              expiringWithinMs: 10 * MINUTE,
            }),
          },
        ),
      );
      return {
        ...report,
        failure: report.failure?.message ?? null,
        events: events.map(({ event }) => `${event.name} ${event.id}`),
        names: events.map(({ event }) => event.name),
        asked: atlas.asked,
        read: atlas.read,
        decoded: counts.decoded,
        statements: STATEMENTS.flatMap((name) => Array(asked[name]?.mock.calls.length).fill(name)),
      };
    },
  };
}

let atlas: FakeAtlas;
let clock: ManualClock;
let poller: Awaited<ReturnType<typeof createPoller>>;
const opened: Store[] = [];

beforeEach(async () => {
  atlas = new FakeAtlas();
  clock = createManualClock(T0);
  poller = await createPoller(atlas, clock);
  opened.push(poller.store);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

const QUIET = { read: [], decoded: 0, changes: 0, statements: ['readTarget'], failure: null };

/** The baseline, and a look that finds nothing. */
async function settle(depth: PollInput['depth'] = 'whole'): Promise<void> {
  for (let look = 0; look < 2; look += 1) {
    clock.advance(1_000);
    await poller.poll(depth);
  }
  clock.advance(1_000);
}

describe('a list that is as it was', () => {
  it.each([3, 17, 80])(
    'is neither parsed nor decoded, and costs one question to the store, with %i jobs',
    async (count) => {
      atlas.jobs = Array.from({ length: count }, (_, number) =>
        number % 3 === 0 ? running(number) : raw(number),
      );
      await settle();
      const pages = Math.ceil(count / atlas.pageSize);
      expect(await poller.poll()).toMatchObject({ ...QUIET, jobs: count, hasRunningJobs: true });
      expect(atlas.asked).toHaveLength(pages);
      const kept = [...poller.notes().pages.values()];
      expect(kept.map(({ fingerprint }) => fingerprint)).toHaveLength(pages);
    },
  );

  it('keeps nothing of a job that has ended', async () => {
    atlas.jobs = Array.from({ length: 50 }, (_, number) => raw(number));
    await settle();
    for (const { followed } of poller.notes().pages.values()) expect(followed.size).toBe(0);
    expect(poller.notes().jobs.size).toBe(0);
  });

  it('is looked at page by page where it has changed', async () => {
    atlas.jobs = Array.from({ length: 20 }, (_, number) => raw(number));
    atlas.jobs[12] = running(12);
    await settle();
    atlas.jobs[12] = raw(12, { status: 'FAILED' });
    expect(await poller.poll()).toMatchObject({ read: ['page 3'], decoded: 5, names: ['failed'] });
    // A look that found something proves nothing yet.
    expect(await poller.poll()).toMatchObject({ read: ['page 3'], names: [] });
    expect(await poller.poll()).toMatchObject(QUIET);
  });

  it('is asked for no job by id that stands on it', async () => {
    atlas.jobs = [running(1), raw(0)];
    await settle();
    expect(await poller.poll()).toMatchObject({ ...QUIET, asked: ['page 1'], hasRunningJobs: true });
  });

  it('is asked for no job by id that stood on an earlier page as well, when the list grew while it was paged', async () => {
    atlas.pageSize = 2;
    atlas.jobs = [raw(3), running(2), running(2), raw(1)];
    await settle();
    atlas.jobs = [raw(4), raw(3), running(2), raw(1)];
    await poller.poll();
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ ...QUIET, asked: ['page 1', 'page 2'], jobs: 4 });
  });

  it('costs no more for a page that was not read for a while', async () => {
    atlas.jobs = Array.from({ length: 15 }, (_, number) => raw(15 - number));
    await settle();
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await poller.poll('newest')).toMatchObject({ ...QUIET, asked: ['page 1'] });
    }
    expect(await poller.poll()).toMatchObject({ ...QUIET, asked: ['page 1', 'page 2', 'page 3'] });
  });
});

describe('what time tells of a list that is as it was', () => {
  it('is told without a look: a job stalls', async () => {
    atlas.jobs = [running(1)];
    await settle();
    clock.advance(2 * HOUR);
    expect(await poller.poll()).toMatchObject({ read: [], names: ['stalled'] });
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ ...QUIET, names: [] });
  });

  it('is told without a look: a link is about to run out; and that it has, by a look', async () => {
    atlas.jobs = [link(1, T0 + HOUR), raw(0)];
    await settle();
    expect(await poller.poll()).toMatchObject(QUIET);
    clock.advance(52 * MINUTE);
    expect(await poller.poll()).toMatchObject({ read: [], names: ['expiring'] });
    clock.advance(10 * MINUTE);
    expect(await poller.poll()).toMatchObject({ read: ['page 1'], names: ['expired'] });
    await poller.poll();
    expect(await poller.poll()).toMatchObject(QUIET);
  });
});

describe('a list that comes back byte for byte is looked at all the same', () => {
  beforeEach(async () => {
    atlas.jobs = [running(2), raw(1), raw(0)];
    await settle();
    expect(await poller.poll()).toMatchObject(QUIET);
  });

  it('after a restart', async () => {
    poller.notes().pages.clear();
    expect(await poller.poll()).toMatchObject({ read: ['page 1'] });
  });

  it('after a poll that failed', async () => {
    atlas.brokenFrom = 1;
    expect(await poller.poll()).toMatchObject({ failure: 'torn' });
    atlas.brokenFrom = 2;
    expect(await poller.poll()).toMatchObject({ read: ['page 1'] });
  });

  it('after a poll that could not be written', async () => {
    const before = atlas.jobs;
    vi.spyOn(poller.store, 'commitPoll').mockRejectedValueOnce(new Error('disk full'));
    atlas.jobs = [raw(2, { status: 'FAILED' }), ...before.slice(1)];
    await expect(poller.poll()).rejects.toThrow('disk full');
    atlas.jobs = before;
    expect(await poller.poll()).toMatchObject({ read: ['page 1'] });
  });

  it('after a poll that was given up while it was being written', async () => {
    atlas.pageSize = 3;
    atlas.jobs = [...atlas.jobs, running(3)];
    const giveUp = new AbortController();
    const { commitPoll } = poller.store;
    vi.spyOn(poller.store, 'commitPoll').mockImplementationOnce(async (found) => {
      const isWritten = await commitPoll(found);
      giveUp.abort(new Error('given up'));
      return isWritten;
    });
    expect(await poller.poll('whole', giveUp)).toMatchObject({ read: ['page 1', 'page 2'] });
    expect(poller.notes().pages.size).toBe(0);
    expect(await poller.poll()).toMatchObject({ read: ['page 1', 'page 2'] });
  });

  it('after the clock was set back', async () => {
    clock.set(T0 - HOUR);
    expect(await poller.poll()).toMatchObject({ read: ['page 1'] });
  });

  it('when the store knows of no whole look', async () => {
    const empty = await createPoller(atlas, clock);
    opened.push(empty.store);
    for (const [index, note] of poller.notes().pages) empty.notes().pages.set(index, note);
    expect(await empty.poll()).toMatchObject({ read: ['page 1'], failure: null });
    expect((await empty.store.listObservations({ limit: 9 })).items).toHaveLength(3);
  });

  it('when a job on it is followed no more', async () => {
    const known = await poller.store.readObservations(WATCH.name, [running(2).id]);
    const [observation] = known.values();
    await poller.store.commitPoll({
      ...{
        targetKey: (await poller.store.followedTargets(WATCH.name, clock.now()))[0] ?? '',
        watch: WATCH.name,
      },
      ...{ at: clock.now(), takesBaseline: false, events: [], audit: [] },
      observations: observation ? [{ ...observation, missingSince: clock.now(), notFoundCount: 2 }] : [],
    });
    expect(await poller.poll()).toMatchObject({ read: ['page 1'], changes: 1 });
  });

  it('when another page says something else of a job on it', async () => {
    atlas.pageSize = 3;
    atlas.jobs = [...atlas.jobs, raw(2, { status: 'FAILED' })];
    expect(await poller.poll()).toMatchObject({ names: ['failed'] });
    expect(await poller.poll()).toMatchObject({ read: ['page 1', 'page 2'] });
  });

  it('when an earlier page, on which a job of it stood as well, says something else of that', async () => {
    atlas.pageSize = 3;
    atlas.jobs = [...atlas.jobs, running(2)];
    await poller.poll();
    expect(await poller.poll()).toMatchObject({ ...QUIET, jobs: 4 });
    atlas.jobs = [raw(2, { status: 'FAILED' }), ...atlas.jobs.slice(1)];
    expect(await poller.poll()).toMatchObject({
      read: ['page 1', 'page 2'],
      names: ['failed'],
      anomalies: [{ jobId: running(2).id }],
    });
  });

  it('when an earlier page says something new of a job on it that had ended', async () => {
    atlas.pageSize = 3;
    atlas.jobs = [...atlas.jobs, raw(0)];
    await poller.poll();
    expect(await poller.poll()).toMatchObject(QUIET);
    atlas.jobs = [running(2), raw(1), raw(0, { status: 'FAILED' }), raw(0)];
    expect(await poller.poll()).toMatchObject({ read: ['page 1', 'page 2'], names: ['failed'] });
  });
});

describe('a job that is asked for by id', () => {
  it('is neither parsed nor decoded as long as its answer is as it was', async () => {
    const ids = [running(1).id, running(2).id];
    const named = await createPoller(atlas, clock, { watch: { ...WATCH, restoreJobIds: ids } });
    opened.push(named.store);
    atlas.jobs = [running(1), running(2)];
    await named.poll();
    await named.poll();
    const quiet = { asked: ids, read: [], decoded: 0, jobs: 2, hasRunningJobs: true, changes: 0 };
    expect(await named.poll()).toMatchObject({ ...quiet, statements: ['readTarget', 'readObservations'] });
    atlas.jobs = [running(1), raw(2)];
    expect(await named.poll()).toMatchObject({ read: [ids[1]], names: ['finished'] });
    atlas.hidden.add(ids[0] ?? '');
    await named.poll();
    atlas.hidden.clear();
    expect(await named.poll()).toMatchObject({ read: [ids[0]] });
  });
});

/** A generator of the same numbers each time; from 0 to just below 1. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Something happens at Atlas. */
function happen(world: FakeAtlas, random: () => number, now: number, step: number): void {
  const pick = (): number => Math.floor(random() * world.jobs.length);
  const change = (over: (job: Raw) => Record<string, unknown>): void => {
    const index = pick();
    world.jobs = world.jobs.map((job, at) => (at === index ? { ...job, ...over(job) } : job));
  };
  const happenings: Array<() => void> = [
    () => {
      world.jobs = [running(1_000 + step), ...world.jobs];
    },
    () => {
      world.jobs = [link(1_000 + step, now + 20 * MINUTE), ...world.jobs];
    },
    () => change(() => ({ status: 'COMPLETED', restoreFinishedDate: iso(now) })),
    () => change(() => ({ status: 'FAILED', restoreFinishedDate: iso(now) })),
    // What was told is taken back; what nobody understands; what is only for show.
    () => change(() => ({ status: 'RUNNING', restoreFinishedDate: null })),
    () => change(() => ({ status: 'NEVER_HEARD_OF' })),
    () => change(() => ({ targetDeploymentItemName: `cluster-${step % 3}` })),
    () => change((job) => ({ id: step % 2 === 0 ? job.id : null })),
    () => {
      world.jobs = world.jobs.toSpliced(pick(), 1);
    },
    // The list grew while it was paged: twice; and a replica is behind: not the same.
    () => {
      world.jobs = world.jobs.toSpliced(pick(), 0, ...world.jobs.slice(pick()).slice(0, 1));
    },
    () => {
      world.jobs = [...world.jobs, { ...(world.jobs[pick()] ?? raw(step)), status: 'COMPLETED' }];
    },
    () => void world.hidden.add(world.jobs[pick()]?.id ?? ''),
    () => world.hidden.clear(),
    () => {
      world.brokenFrom = 1 + Math.floor(random() * 4);
    },
  ];
  // What cannot be read is mended with the next thing that happens.
  world.brokenFrom = Number.POSITIVE_INFINITY;
  happenings[Math.floor(random() * happenings.length)]?.();
}

describe('polls with and without a memory of answers', () => {
  it.each([1, 2, 3, 4, 5, 6])('come to the same, whatever happens at Atlas (world %i)', async (seed) => {
    const random = numbersFrom(seed);
    const forgetful = await createPoller(atlas, clock, { remembers: false });
    opened.push(forgetful.store);
    atlas.pageSize = 4;
    atlas.jobs = Array.from({ length: 12 }, (_, n) => (n % 4 === 0 ? running(12 - n) : raw(12 - n)));
    let spared = 0;
    for (let step = 0; step < 80; step += 1) {
      if (random() < 0.4) happen(atlas, random, clock.now(), step);
      clock.advance(1_000 + Math.floor(random() * 3 * MINUTE));
      if (random() < 0.03) clock.set(clock.now() - Math.floor(random() * 10 * MINUTE));
      const depth = random() < 0.3 ? 'whole' : 'newest';
      const { read, decoded, statements, ...withMemory } = await poller.poll(depth);
      const { read: readAll, decoded: _, statements: __, ...without } = await forgetful.poll(depth);
      expect(withMemory).toEqual(without);
      spared += readAll.length - read.length;
    }
    expect(spared).toBeGreaterThan(10);
    const everything = { limit: 1_000 };
    expect((await poller.store.listObservations(everything)).items).toEqual(
      (await forgetful.store.listObservations(everything)).items,
    );
    expect(await poller.store.auditHead()).toEqual(await forgetful.store.auditHead());
  });
});
