import { setTimeout as delay } from 'node:timers/promises';
import { jobOf } from '../../../../src/domain/event/subject.ts';
import { fetchOnce } from '../../../support/fetch-once.ts';
import { lookInto } from '../../inspect.ts';
import type { Replica } from '../replica.ts';
import type { ReplicaWorld } from '../world.ts';
import { type Scene, untilShared } from './scene.ts';

/** A second is the period of the watches, but for those of the project whose budget binds: theirs is 1.8 s. And two seconds more. */
const DETECTED_WITHIN_MS = { wide: 3_000, narrow: 3_800 };
const STEP_EVERY_MS = 150;
/** Orchestrators wait so long after a replica is ready, or longer. */
const BETWEEN_MS = 12_000;

/** All three replicas are replaced, one after another, while restores start and end all the while. */
export const rollingScene: Scene = {
  jobs: 400,
  play: async (world, log) => {
    const changes = trackChanges(world);
    const update = updateAll(world, log);
    let isOver = false;
    const over = update.finally(() => {
      isOver = true;
    });
    while (!isOver && world.steps.length > 0) {
      world.steps.shift()?.();
      await delay(STEP_EVERY_MS);
    }
    const stopsMs = await over;
    await delay(5_000);
    const delays = await changes.delays(log);
    const worst = { wide: delays.wide.at(-1) ?? 0, narrow: delays.narrow.at(-1) ?? 0 };
    return {
      figures: [
        ...BUDGETS.map((budget) => `${NAMES[budget]}: ${summary(delays[budget])}`),
        `clean stops took ${stopsMs.join(', ')} ms`,
      ],
      violations: BUDGETS.filter((budget) => worst[budget] > DETECTED_WITHIN_MS[budget]).map(
        (budget) => `${NAMES[budget]}: a change was detected only after ${worst[budget]} ms`,
      ),
    };
  },
};

const BUDGETS = ['wide', 'narrow'] as const;
const NAMES = { wide: 'with room in the budget', narrow: 'where the budget binds' };

function summary(delays: readonly number[]): string {
  const at = (share: number): number => delays[Math.floor((delays.length - 1) * share)] ?? 0;
  return `${delays.length} starts and ends were detected after ${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms at most`;
}

/** Stops each, starts its successor, and waits until that is ready and has work. */
async function updateAll(world: ReplicaWorld, log: (text: string) => void): Promise<number[]> {
  const took: number[] = [];
  for (const replica of world.replicas) {
    const begun = performance.now();
    await replica.end('SIGTERM');
    took.push(Math.round(performance.now() - begun));
    replica.update();
    await replica.start();
    await untilReady(replica);
    await untilShared(world);
    log(`${replica.name} is replaced`);
    await delay(BETWEEN_MS);
  }
  return took;
}

async function untilReady(replica: Replica): Promise<void> {
  while ((await fetchOnce(`${replica.url}/readyz`)).status !== 200) await delay(100);
}

/** Notes when each job is changed in Atlas, and says later how long it took until that was detected, sorted. */
function trackChanges({ atlas, postgres }: ReplicaWorld): {
  delays(log: (text: string) => void): Promise<Record<(typeof BUDGETS)[number], number[]>>;
} {
  const changed = { wide: new Map<string, number>(), narrow: new Map<string, number>() };
  for (const budget of BUDGETS) {
    const { putJob, updateJob } = atlas[budget];
    atlas[budget].putJob = (groupId, name, job) => {
      changed[budget].set(`${job.id} started`, Date.now());
      putJob(groupId, name, job);
    };
    atlas[budget].updateJob = (groupId, name, id, change) => {
      changed[budget].set(`${id} ended`, Date.now());
      return updateJob(groupId, name, id, change);
    };
  }
  return {
    delays: async (log) => {
      const store = { store: { url: postgres.url } };
      const { items } = await lookInto(store, (open) => open.listEvents({ limit: 1_000_000 }));
      const delaysOf = (times: ReadonlyMap<string, number>): number[] => {
        const found = items.flatMap(({ event }) => {
          const at = times.get(`${jobOf(event)?.id} ${event.name === 'started' ? 'started' : 'ended'}`);
          return at === undefined ? [] : [{ ms: event.detectedAt - at, at, job: jobOf(event)?.id }];
        });
        const sorted = found.toSorted((a, b) => a.ms - b.ms);
        for (const { ms, at, job } of sorted.slice(-3))
          log(`job ${job}: a change at ${new Date(at).toISOString()} was detected after ${ms} ms`);
        return sorted.map(({ ms }) => ms);
      };
      return { wide: delaysOf(changed.wide), narrow: delaysOf(changed.narrow) };
    },
  };
}
