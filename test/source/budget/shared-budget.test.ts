import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { createDigestAuth } from '../../../src/simulator/atlas/login/digest-auth.ts';
import { createSteppingClock } from '../../support/stepping-clock.ts';
import { AUTH, ORIGIN } from '../login/oauth-world.ts';
import { aConnection } from '../support.ts';
import { type Bucket, createSharedProject, createSlidingWindow, createTokenBucket } from './shared-bucket.ts';

const LIMIT = 60;
const MINUTES = 10;
const SCHEDULE_MS = 30_000;
const WATCHES = 50;
const URGENT = 5;

interface Scenario {
  bucketOf: (clock: Clock) => Bucket;
  headers: boolean;
  /** When the first ticks come: all at once, or spread over the schedule as the runner does. */
  spread: boolean;
  seed?: number;
  /** By digest, rather than with a service account. */
  byKey?: boolean;
}

const LATENCY_MS = 120;

/** Always the same chances. */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Fifty clusters of one project for ten minutes, restores running on five of them, and another client that takes 20 a minute. */
async function play({ bucketOf, headers, spread, seed = 1, byKey = false }: Scenario) {
  const clock = createSteppingClock();
  const dice = createDice(seed);
  const key = { publicKey: 'public', privateKey: 'private' };
  const project = createSharedProject({
    bucket: bucketOf(clock),
    limit: LIMIT,
    clock,
    latencyMs: LATENCY_MS,
    headers,
    digest: byKey ? createDigestAuth({ ...key, now: clock.monotonic }) : undefined,
  });
  const connection = aConnection(ORIGIN, {
    auth: byKey ? { type: 'digest', ...key } : AUTH,
    fetch: project.fetch,
    clock,
    requestsPerMinute: 90,
    retries: 4,
    random: dice,
  });
  const watches = Array.from({ length: WATCHES }, (_, index) => ({
    isUrgent: index % (WATCHES / URGENT) === 0,
    nextTick: spread ? (index * SCHEDULE_MS) / WATCHES : 0,
    busy: false,
    /** From tick to end, of polls that went well. */
    took: [] as number[],
    skipped: 0,
    failed: 0,
    endedAt: [0],
    index,
  }));
  const { signal } = new AbortController();

  async function poll(watch: (typeof watches)[number]): Promise<void> {
    if (watch.busy) {
      watch.skipped += 1;
      return;
    }
    watch.busy = true;
    const begunAt = clock.monotonic();
    const path = `/api/atlas/v2/groups/p/clusters/c${watch.index}/backup/restoreJobs`;
    const request = { accept: 'x', budgetKey: 'p', role: 'x', signal, isUrgent: watch.isUrgent };
    await connection.getJson(path, request).then(
      () => {
        watch.took.push(clock.monotonic() - begunAt);
        watch.endedAt.push(clock.monotonic());
      },
      () => {
        watch.failed += 1;
      },
    );
    watch.busy = false;
  }

  const budgets: ReturnType<typeof connection.budgets> = [];
  for (let at = 0; at < MINUTES * 60_000; at += 200) {
    if (dice() < 20 / 300) project.askAsOther();
    for (const watch of watches) {
      if (watch.nextTick > at) continue;
      watch.nextTick += SCHEDULE_MS;
      void poll(watch);
    }
    await clock.step(200);
    budgets.push(...connection.budgets());
  }
  return {
    project,
    budgets,
    urgent: watches.filter(({ isUrgent }) => isUrgent),
    idle: watches.filter(({ isUrgent }) => !isUrgent),
  };
}

const buckets: Array<[string, (clock: Clock) => Bucket]> = [
  ['a bucket that refills by 60 a minute', (clock) => createTokenBucket(clock, LIMIT, 60)],
  ['a bucket that refills by 45 a minute', (clock) => createTokenBucket(clock, LIMIT, 45)],
  ['60 in any minute', (clock) => createSlidingWindow(clock, LIMIT)],
];

const scenarios = buckets.flatMap(([name, bucketOf]) =>
  [
    { spread: true, byKey: false, seed: 1 },
    { spread: false, byKey: false, seed: 2 },
    { spread: true, byKey: true, seed: 3 },
    { spread: false, byKey: true, seed: 4 },
  ].map((scenario) => ({ name, bucketOf, ...scenario })),
);

describe('sharing a project with another client that takes 20 a minute', () => {
  it.each(scenarios)(
    'told what is left, we cause no 429, and running restores keep their schedule: $name, ticks spread: $spread, by key: $byKey',
    async (scenario) => {
      const { project, urgent, idle, budgets } = await play({ ...scenario, headers: true });
      expect(project.refusedAt).toEqual([]);
      expect(project.othersRefused()).toBe(0);
      for (const watch of urgent) {
        expect(watch).toMatchObject({ skipped: 0, failed: 0 });
        expect(watch.took).toHaveLength((MINUTES * 60_000) / SCHEDULE_MS);
        expect(Math.max(...watch.took)).toBeLessThan(1_000);
      }
      for (const { endedAt, failed } of idle) {
        const gaps = endedAt.slice(1).map((at, place) => at - (endedAt[place] ?? 0));
        expect(Math.max(...gaps)).toBeLessThan(300_000);
        expect(failed).toBe(0);
      }
      expect(Math.max(...budgets.map(({ waiting }) => waiting))).toBeGreaterThan(30);
      expect(budgets.at(-1)).toMatchObject({ project: 'p', set: 'cloud_backups', limit: LIMIT });
    },
  );

  it.each(scenarios)(
    'told nothing, we cause one 429 in any minute at most: $name, ticks spread: $spread, by key: $byKey',
    async (scenario) => {
      const { project } = await play({ ...scenario, headers: false });
      const gaps = project.refusedAt.slice(1).map((at, place) => at - (project.refusedAt[place] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThan(60_000);
    },
  );
});
