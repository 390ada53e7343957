import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { targetOf } from '../../../src/domain/job/watch.ts';
import { StoreError } from '../../../src/errors.ts';
import { createEndOfTurn } from '../../../src/watcher/record/end-of-turn.ts';
import { openForTest } from '../../store/support.ts';
import { aJob, anObservation, aWatch, jobId } from '../../support/builders.ts';
import { countTransactions } from '../../support/count-transactions.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';

const NAMES = Array.from({ length: 60 }, (_, index) => `orders-${index}`);

it('commits the polls together that end in the same turn of the event loop', async () => {
  const store = await openForTest({ path: ':memory:' });
  const recorder = aRecorder({ store, clock: systemClock });
  const transactions = countTransactions();
  const record = async (name: string): Promise<void> => {
    // Each comes by a callback of its own, as the answers of sockets do.
    await delay(1);
    const watch = aWatch({ name });
    const found = {
      watch,
      target: targetOf(watch),
      observations: [],
      comparisons: [],
      baseline: { jobs: 0 },
      usuals: new Map(),
    };
    await recorder.recordPoll(found, new AbortController().signal);
  };
  await Promise.all(NAMES.map(record));
  // Timers that are due together need not all ring in the same turn.
  expect(transactions()).toBeLessThanOrEqual(5);
  expect((await store.readAudit(0, 100)).map(({ data }) => data)).toMatchObject(
    NAMES.map((watch) => ({ watch })),
  );
});

it('lets polls that have found much write in several turns, in the order in which they ended', async () => {
  const endOfTurn = createEndOfTurn({ jobs: 100, took: () => {} }, systemClock);
  let turn = 0;
  const count = (): void => {
    turn += 1;
    if (turn < 10) setImmediate(count);
  };
  setImmediate(count);
  const turns = [60, 40, 1, 250, 0, 100].map(async (jobs) => {
    await endOfTurn(jobs);
    return turn;
  });
  expect(await Promise.all(turns)).toEqual([1, 1, 2, 3, 4, 4]);
});

it('writes nothing of a poll that is aborted while it waits for the others', async () => {
  const store = await openForTest({ path: ':memory:' });
  const recorder = aRecorder({ store, clock: systemClock });
  const watch = aWatch();
  const found = {
    watch,
    target: targetOf(watch),
    observations: [],
    comparisons: [],
    baseline: { jobs: 0 },
    usuals: new Map(),
  };
  const abort = new AbortController();
  const recorded = recorder.recordPoll(found, abort.signal);
  abort.abort(new Error('given up'));
  await expect(recorded).rejects.toThrow('given up');
  expect(await store.readAudit(0, 100)).toEqual([]);
});

it('does not take a write that fails at once for a quick one', async () => {
  const store = await openForTest({ path: ':memory:' });
  let isUp = false;
  const failing: typeof store = {
    ...store,
    commitPoll: (commit) =>
      isUp ? store.commitPoll(commit) : Promise.reject(new StoreError('unavailable', 'the disk is full')),
  };
  const recorder = aRecorder({ store: failing, clock: createManualClock(0) });
  const watch = aWatch();
  const atFirst = recorder.jobsAtATime;
  const found = {
    watch,
    target: targetOf(watch),
    observations: Array.from({ length: atFirst }, (_, job) => anObservation(aJob([], { id: jobId(job) }))),
    comparisons: [],
    baseline: null,
    usuals: new Map(),
  };
  const record = (): Promise<boolean> => recorder.recordPoll(found, new AbortController().signal);
  await expect(record()).rejects.toThrow('the disk is full');
  expect(recorder.jobsAtATime).toBe(atFirst);
  isUp = true;
  await record();
  expect(recorder.jobsAtATime).toBe(2 * atFirst);
});
