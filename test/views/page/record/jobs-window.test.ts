import { describe, expect, it } from 'vitest';
import type { Origin } from '../../../../src/domain/job/observation.ts';
import type { RestoreJob } from '../../../../src/domain/job/restore-job.ts';
import { diffObservations } from '../../../../src/domain/job/transition.ts';
import type { Store } from '../../../../src/store/store.ts';
import { createJobsWindow } from '../../../../src/views/page/record/jobs-window.ts';
import { followLog } from '../../../../src/views/page/record/log-news.ts';
import { createPageRecord } from '../../../../src/views/page/record/read-record.ts';
import { createExpectedEnds } from '../../../../src/views/usual/expected-ends.ts';
import { aJob, aTarget, aWatch, HOUR, jobId, MINUTE, T0 } from '../../../support/builders.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { recordNow } from '../../../support/page-facts.ts';
import { aRecorder } from '../../../support/recorder.ts';
import { openReplicaStores } from '../../../support/replica-stores.ts';

/** Finished restores with these numbers, of which each began a minute before the one before. */
const finished = (from: number, count: number): RestoreJob[] =>
  Array.from({ length: count }, (_, index) => {
    const createdAt = T0 - (from + index) * MINUTE;
    return aJob(['finished'], { id: jobId(from + index, createdAt), createdAt });
  });

/** A replica that polls, and a page of another one, whose window reads what the database has and no more. */
function aWorld(watch: string | null = null) {
  const replicas = openReplicaStores();
  const clock = createManualClock(T0);
  const recorder = aRecorder({ store: replicas.open(), clock });
  const store = replicas.open();
  const reads = { pages: 0, entries: 0 };
  const counted: Store = {
    ...store,
    listObservations: (filter) => {
      reads.pages += 1;
      return store.listObservations(filter);
    },
    readAuditLines: async (after, limit) => {
      const lines = await store.readAuditLines(after, limit);
      reads.entries += lines.length;
      return lines;
    },
  };
  const window = createJobsWindow(counted, watch);
  const log = followLog(counted);
  return {
    ...{ clock, store: counted, reads },
    /** Records what a poll finds. `isBaseline`: the first look at all jobs, of whose past nobody is told, or (`'part'`) a part of it. */
    find: async (
      jobs: readonly RestoreJob[],
      { isBaseline = false as boolean | 'part', name = 'orders' } = {},
    ) => {
      const firstSight: Origin = isBaseline === false ? 'new' : 'baseline';
      const comparisons = jobs.map((job) => ({
        comparison: diffObservations(undefined, job, {
          ...{ watch: name, now: clock.now(), lastLookAt: null, firstSight },
          ...{ announceExisting: false, lateAfterMs: HOUR },
        }),
        foundAt: clock.now(),
      }));
      await recorder.recordPoll(
        {
          ...{ watch: aWatch({ name }), target: aTarget({ watch: name }), comparisons, usuals: new Map() },
          observations: comparisons.map(({ comparison }) => comparison.observation!),
          baseline: isBaseline === true ? { jobs: jobs.length } : null,
        },
        new AbortController().signal,
      );
    },
    read: async () => {
      const { seq: entries } = await store.auditHead();
      return window.read(T0 - 48 * HOUR, { news: await log.read(entries), monotonic: clock.monotonic() });
    },
  };
}

function aPage({ store, clock }: Pick<ReturnType<typeof aWorld>, 'store' | 'clock'>, range: '24h' | '30d') {
  const watches = () => [{ watch: 'orders', kind: 'serverless' as const }];
  const ends = createExpectedEnds({ store, clock });
  const reading = { store, watches, drills: () => [], ends, changesFound: () => 0, clock };
  return createPageRecord({ range, watch: null, event: null }, reading);
}

describe('the jobs of a timeline', () => {
  it('hold those that were there at a first look which was recorded after the page was first asked for', async () => {
    const world = aWorld();
    expect((await world.read()).jobs).toEqual([]);
    await world.find(finished(1, 3), { isBaseline: 'part' });
    world.clock.advance(1_000);
    expect((await world.read()).jobs).toHaveLength(3);
    await world.find(finished(4, 2), { isBaseline: true });
    world.clock.advance(1_000);
    const { jobs, isWhole } = await world.read();
    expect(new Map(jobs.map(({ job, firstSight }) => [job?.id, firstSight]))).toEqual(
      new Map(finished(1, 5).map(({ id }) => [id, 'baseline'])),
    );
    expect(jobs).toHaveLength(5);
    expect(isWhole).toBe(true);
    expect((await world.store.listEvents({ limit: 9 })).items).toEqual([]);
    // Read whole once only, and then by the entries about these jobs and the one about the baseline.
    expect(world.reads).toEqual({ pages: 1, entries: 6 });
  });

  it('stand on the page within one look', async () => {
    const { store, clock, find } = aWorld();
    const record = aPage({ store, clock }, '24h');
    expect((await record.read(recordNow(store))).jobs).toEqual([]);
    await find(finished(1, 3), { isBaseline: true });
    clock.advance(1_000);
    expect((await record.read(recordNow(store))).jobs).toHaveLength(3);
  });

  it('are the same list as long as none of them has changed, also when the log has grown', async () => {
    const world = aWorld('orders');
    await world.find(finished(1, 2), { isBaseline: true });
    const { jobs } = await world.read();
    await world.find(finished(3, 2), { isBaseline: true, name: 'billing' });
    await world.store.recordAudit([{ at: T0, kind: 'poll.failed', data: { watch: 'orders' } }]);
    world.clock.advance(1_000);
    expect((await world.read()).jobs).toBe(jobs);
    expect(jobs).toHaveLength(2);
    await world.find(finished(5, 1));
    expect((await world.read()).jobs).toHaveLength(3);
  });

  it('stand on the page five seconds after the last time, where more has happened than can be followed', async () => {
    const { store, clock, find } = aWorld();
    const record = aPage({ store, clock }, '30d');
    const shown = async (): Promise<number> => (await record.read(recordNow(store))).jobs.length;
    await shown();
    await find(finished(1, 2_100), { isBaseline: true });
    clock.advance(1_000);
    expect(await shown()).toBe(0);
    clock.advance(3_999);
    expect(await shown()).toBe(0);
    // Nothing has happened since: the log is as long as it was.
    clock.advance(1);
    expect(await shown()).toBe(2_100);
  });

  it('are read whole where more has happened than can be followed, and no sooner than five seconds after the last time', async () => {
    const world = aWorld();
    await world.read();
    await world.find(finished(1, 2_001), { isBaseline: 'part' });
    world.clock.advance(4_999);
    expect((await world.read()).jobs).toEqual([]);
    expect(world.reads).toEqual({ pages: 1, entries: 0 });
    await world.find(finished(2_002, 49), { isBaseline: true });
    world.clock.advance(1);
    expect((await world.read()).jobs).toHaveLength(2_050);
    expect(world.reads).toEqual({ pages: 22, entries: 50 });
    for (let look = 0; look < 50; look += 1) {
      world.clock.advance(1_000);
      await world.read();
    }
    expect(world.reads).toEqual({ pages: 22, entries: 50 });
  });

  it('are read whole where the database was put back to an earlier state', async () => {
    const world = aWorld();
    await world.find(finished(1, 2), { isBaseline: true });
    const window = createJobsWindow(world.store, null);
    const log = followLog(world.store);
    const at = async (entries: number, monotonic: number) =>
      window.read(T0 - 48 * HOUR, { news: await log.read(entries), monotonic });
    await at(900, 0);
    await world.find(finished(3, 1));
    expect((await at(4, 5_000)).jobs).toHaveLength(3);
    expect(world.reads.pages).toBe(2);
  });
});
