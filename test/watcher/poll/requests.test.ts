import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RestoreJob } from '../../../src/domain/job/restore-job.ts';
import { targetOf } from '../../../src/domain/job/watch.ts';
import { SourceError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { cheapestReach, Places } from '../../../src/watcher/poll/places.ts';
import { type PollInput, pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aJob, aWatch, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const PAGE = 10;
const JOBS = 200;
const PAGES = JOBS / PAGE;
const BROKEN = new SourceError('unavailable', 'no answer');

let store: Store;
let source: FakeSource;
let clock: ManualClock;
let places: Places;

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  source.pageSize = PAGE;
  clock = createManualClock(T0);
  places = new Places();
});
afterEach(() => store.close());

/** One poll: what it asked for, and how many jobs were read. */
async function poll(depth: PollInput['depth'] = 'newest') {
  clock.advance(30_000);
  const signals = createSignals(createRecordingLogger());
  const recorder = aRecorder({ store, clock, signals });
  const watch = aWatch();
  const before = { pages: source.pagesAsked, ids: source.asked.length };
  const { failure, changes } = await pollTarget(
    { source, store, recorder, clock },
    {
      watch,
      target: targetOf(watch),
      lateAfterMs: 2 * MINUTE,
      signal: new AbortController().signal,
      isUrgent: false,
      depth,
      newSince: null,
      notes: { pages: new Map(), jobs: new Map() },
      places,
      timePolicyFor: () => ({ stalled: null, expiringWithinMs: null }),
    },
  );
  const pages = source.pagesAsked - before.pages;
  const ids = source.asked.length - before.ids;
  return { pages, ids, requests: pages + ids, failure, changes };
}

/** A list that comes newest first, where the jobs at these ranks are running. */
function world(isRunning: (rank: number) => boolean, count = JOBS): RestoreJob[] {
  return Array.from({ length: count }, (_, rank) => {
    const createdAt = T0 - (rank + 1) * MINUTE;
    return aJob(isRunning(rank) ? [] : ['finished'], { id: jobId(rank, createdAt), createdAt });
  });
}

/** Jobs that came later, the newest first; each is the same one however many there are. */
function newJobs(count: number): RestoreJob[] {
  return Array.from({ length: count }, (_, n) => {
    const createdAt = T0 + (count - n) * 1_000;
    return aJob([], { id: jobId(count - n, createdAt), createdAt });
  });
}

describe('an idle poll of a list that comes newest first', () => {
  const worlds: Array<[string, (rank: number) => boolean, { pages: number; ids: number }]> = [
    ['nothing is running', () => false, { pages: 1, ids: 0 }],
    ['all that is running is on the first page', (rank) => rank < PAGE, { pages: 1, ids: 0 }],
    ['all of it is running', () => true, { pages: PAGES, ids: 0 }],
    ['one old job runs far back', (rank) => rank === 195, { pages: 1, ids: 1 }],
    ['three run far back', (rank) => rank > 196, { pages: 1, ids: 3 }],
    ['many run near and a few far back', (rank) => rank < 60 || rank > 197, { pages: 6, ids: 2 }],
    ['one runs on each page', (rank) => rank % PAGE === 3, { pages: 1, ids: PAGES - 1 }],
    ['two run on each page', (rank) => rank % PAGE < 2, { pages: PAGES, ids: 0 }],
    ['all run on the last pages', (rank) => rank >= 170, { pages: PAGES, ids: 0 }],
    ['the last page alone runs', (rank) => rank >= 190, { pages: 1, ids: PAGE }],
  ];

  it.each(worlds)('takes the fewest requests when %s', async (_what, isRunning, fewest) => {
    source.jobs = world(isRunning);
    expect(await poll('whole')).toMatchObject({ pages: PAGES, ids: 0 });
    for (let n = 0; n < 3; n++) expect(await poll()).toMatchObject({ ...fewest, failure: null });
  });

  it.each(worlds)(
    'takes no more than that many and one when jobs come on top and %s',
    async (_what, isRunning, fewest) => {
      source.jobs = world(isRunning);
      await poll('whole');
      const old = source.jobs;
      for (const count of [3, 9, 25]) {
        source.jobs = [...newJobs(count), ...old];
        await poll();
        const { requests } = await poll();
        expect(requests).toBeLessThanOrEqual(fewest.pages + fewest.ids + Math.ceil(count / PAGE) + 1);
      }
    },
  );

  it('reads by pages what has all come since the list was read whole', async () => {
    await poll('whole');
    source.jobs = newJobs(JOBS);
    await poll();
    expect(await poll()).toMatchObject({ pages: PAGES, ids: 0 });
  });

  it('reads far fewer pages once what runs has moved up, since jobs were deleted above it', async () => {
    source.jobs = world((rank) => rank >= 150);
    await poll('whole');
    source.jobs = source.jobs.slice(100);
    await poll();
    expect(await poll()).toMatchObject({ pages: 10, ids: 0 });
  });

  it('asks by id, twice in all, for jobs that have left the list, and does not read on for them again', async () => {
    source.jobs = world(() => true);
    await poll('whole');
    source.jobs = source.jobs.slice(0, 100);
    expect(await poll()).toMatchObject({ pages: 10, ids: 100, changes: 100 });
    expect(await poll()).toMatchObject({ pages: 10, ids: 100, changes: 100 });
    expect(await poll()).toMatchObject({ pages: 10, ids: 0, changes: 0 });
  });

  it('asks by id alone for jobs that are listed no more although they are there', async () => {
    source.jobs = world((rank) => rank >= 100 && rank < 130);
    await poll('whole');
    for (const { id, state } of source.jobs) if (state === 'in_progress') source.unlisted.add(id);
    await poll();
    expect(await poll()).toMatchObject({ pages: 1, ids: 30 });
  });

  it('falls back to ids when the list breaks off where it was read on to spare requests', async () => {
    source.jobs = world(() => true);
    await poll('whole');
    source.fault = BROKEN;
    source.failAfterPages = 5;
    const readJob = source.readJob;
    source.readJob = async (target, id, options) => {
      const fault = source.fault;
      source.fault = null;
      const answer = await readJob(target, id, options);
      source.fault = fault;
      return answer;
    };
    expect(await poll()).toMatchObject({ pages: 6, ids: 150, failure: null });
    expect(await poll()).toMatchObject({ pages: 5, ids: 150, failure: null });
    source.fault = null;
    expect(await poll('whole')).toMatchObject({ pages: PAGES, ids: 0 });
    expect(await poll()).toMatchObject({ pages: PAGES, ids: 0 });
  });

  it('asks for nothing more when it is broken off by a fault that concerns all, and records what it has read', async () => {
    source.jobs = world(() => true);
    await poll('whole');
    const [first, ...rest] = source.jobs;
    const ended = aJob(['failed'], { id: first?.id ?? '', createdAt: first?.createdAt ?? 0 });
    source.jobs = [ended, ...rest];
    source.fault = new SourceError('auth', 'wrong key');
    source.failAfterPages = 5;
    expect(await poll()).toMatchObject({ pages: 6, ids: 0, failure: source.fault, changes: 1 });
    source.fault = null;
    expect(await poll()).toMatchObject({ pages: PAGES, ids: 0, failure: null, changes: 0 });
  });

  it('changes nothing when the list breaks off before a page that is known', async () => {
    source.jobs = world(() => true);
    await poll('whole');
    source.jobs = [...newJobs(50), ...source.jobs.map((job) => ({ ...job, ...aJob(['failed'], job) }))];
    source.fault = BROKEN;
    source.failAfterPages = 3;
    expect(await poll()).toMatchObject({ pages: 4, ids: 0, failure: BROKEN, changes: 0 });
  });
});

it('reads a list in another order whole, and asks for nothing by id', async () => {
  source.jobs = world((rank) => rank % 3 === 0).reverse();
  await poll('whole');
  expect(await poll()).toMatchObject({ pages: PAGES, ids: 0 });
});

describe('a poll of what is followed alone', () => {
  it('asks for a few jobs by id, and never lists', async () => {
    source.jobs = world((rank) => rank % 10 === 0);
    await poll('whole');
    places = new Places();
    expect(await poll('open')).toMatchObject({ pages: 0, ids: 20 });
  });

  it('reads the list once when many are followed, and from then on just the pages where they are', async () => {
    source.jobs = world((rank) => rank < 60 || rank > 195);
    await poll('whole');
    places = new Places();
    expect(await poll('open')).toMatchObject({ pages: PAGES, ids: 0 });
    expect(await poll('open')).toMatchObject({ pages: 6, ids: 4 });
  });

  it('tells nothing of other jobs on these pages', async () => {
    source.jobs = world((rank) => rank < 60);
    await poll('whole');
    source.jobs = [...newJobs(5), ...source.jobs];
    expect(await poll('open')).toMatchObject({ ids: 0, changes: 0, failure: null });
    expect((await store.listObservations({ limit: 1_000 })).items).toHaveLength(JOBS);
  });

  it('asks by id where there is no list any more, and does not try again', async () => {
    source.jobs = world((rank) => rank < 60);
    await poll('whole');
    places = new Places();
    const fault = new SourceError('not_found', 'no such instance');
    source.listJobs = () => {
      source.pagesAsked += 1;
      return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) }) };
    };
    expect(await poll('open')).toMatchObject({ pages: 1, ids: 60, failure: null });
    expect(await poll('open')).toMatchObject({ pages: 0, ids: 60, failure: null });
  });
});

describe('the cheapest reach', () => {
  it.each([
    [[], 0],
    [[1], 0],
    [[1, 1], 1],
    [[5, 5, 5, 5, 5], 0],
    [[5, 5, 5, 5, 5, 5], 5],
    [[9, 1, 1, 1], 1],
    [[1, 1, 1, 4, 4, 4, 4], 4],
  ])('of jobs that are %j pages away is %i', (reaches, pages) => {
    expect(cheapestReach(reaches)).toBe(pages);
  });
});
