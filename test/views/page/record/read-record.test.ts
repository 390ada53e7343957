import { describe, expect, it } from 'vitest';
import { diffObservations } from '../../../../src/domain/job/transition.ts';
import { StoreError } from '../../../../src/errors.ts';
import type { Store } from '../../../../src/store/store.ts';
import { createPageRecord } from '../../../../src/views/page/record/read-record.ts';
import { createExpectedEnds } from '../../../../src/views/usual/expected-ends.ts';
import { aJob, aTarget, aWatch, HOUR, jobId, MINUTE, T0 } from '../../../support/builders.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { recordNow } from '../../../support/page-facts.ts';
import { aRecorder } from '../../../support/recorder.ts';
import { openReplicaStores } from '../../../support/replica-stores.ts';

/** A page over a store that another replica writes; what the page asks about single restores is counted. */
function aWorld() {
  const replicas = openReplicaStores();
  const clock = createManualClock(T0);
  const recorder = aRecorder({ store: replicas.open(), clock });
  const store = replicas.open();
  const asked: string[] = [];
  let runningReads = 0;
  let changes = 0;
  let fault: Error | null = null;
  const counted: Store = {
    ...store,
    listEvents: (filter) => {
      if (filter.jobId !== undefined) asked.push(filter.jobId);
      return store.listEvents(filter);
    },
    oldestRunning: (...given) => {
      runningReads += 1;
      return store.oldestRunning(...given);
    },
    readObservations: (...given) =>
      fault === null ? store.readObservations(...given) : Promise.reject(fault),
  };
  const watches = () => [{ watch: 'orders', kind: 'serverless' as const }];
  const ends = createExpectedEnds({ store, clock });
  const reading = { store: counted, watches, drills: () => [], ends, changesFound: () => changes, clock };
  const record = createPageRecord({ range: '24h', watch: null, event: null }, reading);
  return {
    ...{ clock, store, asked },
    /** Each restore of these numbers is found to have begun. */
    begin: async (...numbers: number[]) => {
      const comparisons = numbers.map((number) => {
        const createdAt = T0 - number * MINUTE;
        return {
          comparison: diffObservations(undefined, aJob([], { id: jobId(number, createdAt), createdAt }), {
            ...{ watch: 'orders', now: clock.now(), lastLookAt: T0 - HOUR, firstSight: 'new' },
            ...{ announceExisting: false, lateAfterMs: HOUR },
          }),
          foundAt: clock.now(),
        };
      });
      await recorder.recordPoll(
        {
          ...{ watch: aWatch(), target: aTarget(), comparisons, usuals: new Map(), baseline: null },
          observations: comparisons.map(({ comparison }) => comparison.observation!),
        },
        new AbortController().signal,
      );
    },
    /** What a page reads a second later. */
    look: async () => {
      asked.length = 0;
      clock.advance(1_000);
      return record.read(recordNow(store));
    },
    runningReads: () => runningReads,
    /** A poll of this process finds something of which the log has no entry. */
    findProgress: () => {
      changes += 1;
    },
    failWith: (error: Error | null) => {
      fault = error;
    },
  };
}

const ids = (...numbers: number[]): string[] => numbers.map((number) => jobId(number, T0 - number * MINUTE));

describe('what was told of the restores that run', () => {
  it('is read once for each, and not again because of others', async () => {
    const { asked, begin, look } = aWorld();
    await begin(3, 2, 1);
    const { running } = await look();
    expect(running.map(({ events }) => events.map(({ event }) => event.name))).toEqual([
      ['started'],
      ['started'],
      ['started'],
    ]);
    expect(asked).toEqual(ids(3, 2, 1));
    await begin(4);
    await look();
    expect(asked).toEqual(ids(4));
    await look();
    expect(asked).toEqual([]);
  });

  it('is read again when the audit log names the restore, or what was told of it', async () => {
    const { store, asked, begin, look } = aWorld();
    await begin(2, 1);
    const { running } = await look();
    const [first, second] = running.map(({ observation, events }) => ({
      jobId: observation.jobId,
      eventId: events[0]?.event.id,
    }));
    await store.recordAudit([{ at: T0, kind: 'anomaly.seen', data: { jobId: first?.jobId } }]);
    await look();
    expect(asked).toEqual(ids(2));
    await store.recordAudit([{ at: T0, kind: 'decision', data: { eventId: second?.eventId } }]);
    await look();
    expect(asked).toEqual(ids(1));
  });

  it('is read again after a minute: what is pruned is named by nothing', async () => {
    const { clock, asked, begin, look } = aWorld();
    await begin(1);
    await look();
    clock.advance(58_000);
    await look();
    expect(asked).toEqual([]);
    clock.advance(5_000);
    await look();
    expect(asked).toEqual(ids(1));
  });
});

describe('the restores of a page', () => {
  it('are not lost that changed while the store could not be read', async () => {
    const { begin, look, failWith } = aWorld();
    await begin(1);
    await look();
    await begin(2);
    failWith(new StoreError('unavailable', 'the disk is away'));
    await expect(look()).rejects.toThrow('the disk is away');
    failWith(null);
    for (let waited = 0; waited < 5; waited += 1) await look();
    expect((await look()).jobs.map(({ jobId }) => jobId).toSorted()).toEqual(ids(1, 2).toSorted());
  });

  it('are the same objects as long as they are as they were, also those that run and are read at each look', async () => {
    const { begin, look } = aWorld();
    await begin(2, 1);
    const before = await look();
    expect((await look()).jobs).toBe(before.jobs);
    await begin(3);
    const { jobs } = await look();
    expect(jobs).toHaveLength(3);
    expect(jobs.filter((job) => before.jobs.includes(job))).toHaveLength(2);
  });
});

describe('which restores run', () => {
  it('is read when the log has grown, when a poll has found something, and after two seconds', async () => {
    const { begin, look, findProgress, runningReads } = aWorld();
    await begin(1);
    await look();
    expect(runningReads()).toBe(1);
    expect((await look()).running).toHaveLength(1);
    expect(runningReads()).toBe(1);
    findProgress();
    await look();
    expect(runningReads()).toBe(2);
    await begin(2);
    expect((await look()).running).toHaveLength(2);
    expect(runningReads()).toBe(3);
    await look();
    expect(runningReads()).toBe(3);
    await look();
    expect(runningReads()).toBe(4);
  });
});
