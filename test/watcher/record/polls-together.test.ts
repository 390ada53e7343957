import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { targetOf } from '../../../src/domain/job/watch.ts';
import { openForTest } from '../../store/support.ts';
import { aWatch } from '../../support/builders.ts';
import { countTransactions } from '../../support/count-transactions.ts';
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
