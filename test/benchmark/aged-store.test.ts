import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeAgedStore } from '../../scripts/benchmark/aged-store.ts';
import { brokenLink, GENESIS } from '../../src/domain/audit.ts';
import { targetKey } from '../../src/domain/job/watch.ts';
import { openForTest, temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';

it('makes an old store that the program can read, with something in every state and a whole audit log', async () => {
  const path = join(temporaryDirectory(), 'aged.db');

  const made = await makeAgedStore({ path, jobs: 2_000, auditEntries: 500, now: T0 });

  const store = await openForTest({ path });
  const jobs = await store.countJobs();
  const deliveries = await store.countDeliveries(T0);
  expect(new Set(jobs.map(({ state }) => state)).size).toBe(6);
  expect(new Set(deliveries.map(({ status }) => status)).size).toBe(3);
  expect(jobs.reduce((sum, { count }) => sum + count, 0)).toBe(made.jobs);
  expect(deliveries.reduce((sum, { count }) => sum + count, 0)).toBe(made.deliveries);
  expect((await store.listEvents({ limit: 20 })).items).toHaveLength(20);
  expect((await store.listObservations({ limit: 20 })).items).toHaveLength(20);
  // What stands in columns beside the body, as a poll would have written it.
  expect(await store.runningSince()).not.toEqual(new Map());
  expect(await store.lastFinishes(made.watches, 100)).not.toEqual([]);
  const [finished] = (await store.listObservations({ state: 'finished', limit: 1 })).items;
  const target = { watch: finished?.watch ?? '', ...finished?.job } as Parameters<typeof targetKey>[0];
  expect(await store.finishedDurations(targetKey(target), 9)).not.toEqual([]);

  const entries = await store.readAudit(0, 1_000);
  const end = entries.reduce((head, entry) => {
    expect(brokenLink(head, entry)).toBeNull();
    return entry;
  }, GENESIS);
  expect(made.auditEntries).toBe(500);
  expect(await store.auditHead()).toEqual({ seq: 500, hash: end.hash });
});
