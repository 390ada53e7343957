import type { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { PruneWalk } from '../../../src/watcher/keep/walk.ts';
import { aJob, anObservation, HOUR, jobId, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { openRecordingStore } from '../plans/recording-store.ts';
import { aCommit, plan } from '../support.ts';

const DAY = 24 * HOUR;
const KEEP = 10 * DAY;
const JOBS_A_DAY = 60;

/** A day's jobs, each told of twice. */
async function aDay(store: Store, day: number): Promise<void> {
  const at = T0 + day * DAY;
  const numbers = Array.from({ length: JOBS_A_DAY }, (_, index) => day * JOBS_A_DAY + index);
  await store.commitPoll(
    aCommit({
      at,
      observations: numbers.map((number) =>
        anObservation(aJob(['finished'], { id: jobId(number, at), createdAt: at }), { changedAt: at }),
      ),
      events: numbers.flatMap((number) =>
        [0, 1].map((which) => {
          const planned = plan(number * 2 + which, { detectedAt: at + number * 2 + which });
          if (planned.event.subject.kind === 'job') planned.event.subject.job.id = jobId(number, at);
          return planned;
        }),
      ),
    }),
  );
  const { items } = await store.listDeliveries({ status: 'pending', limit: 1_000 });
  await store.recordOutcomes(
    items.map(({ id }) => ({ id, kind: 'delivered', at, detail: 'ok' })),
    [],
  );
}

async function prune(store: Store, day: number): Promise<void> {
  const clock = createManualClock(T0 + day * DAY);
  const walk = new PruneWalk({ store, clock }, clock.now() - KEEP);
  while (!walk.hasEnded) await walk.step();
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]);
}

it('the pages of what was pruned are used again: the file grows by what stays of each job alone', async () => {
  const { store, db } = openRecordingStore();
  const sizes: number[] = [];
  for (let day = 0; day < 40; day += 1) {
    await aDay(store, day);
    await prune(store, day);
    sizes.push(pragma(db, 'page_count') * pragma(db, 'page_size'));
  }
  const [steady = 0, end = 0] = [sizes[14], sizes[39]];
  const jobs = 25 * JOBS_A_DAY;
  expect(db.prepare('select count(*) as jobs from observation').get()).toEqual({ jobs: 11 * JOBS_A_DAY });
  expect(db.prepare('select count(*) as jobs from pruned_job').get()).toEqual({ jobs: 29 * JOBS_A_DAY });
  // Without pruning a day adds some 4 KB for each of its jobs.
  expect((sizes[9] ?? 0) / (10 * JOBS_A_DAY)).toBeGreaterThan(2_500);
  expect((end - steady) / jobs).toBeLessThan(500);
});
