import { setTimeout as delay } from 'node:timers/promises';
import { jobOf } from '../../../../src/domain/event/subject.ts';
import { fetchOnce } from '../../../support/fetch-once.ts';
import { lookInto } from '../../inspect.ts';
import type { Replica } from '../replica.ts';
import type { ReplicaWorld } from '../world.ts';
import { type Scene, untilShared } from './scene.ts';

/** The period of the watches, and two seconds. */
const DETECTED_WITHIN_MS = 3_000;
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
    const delays = await changes.delays();
    const at = (share: number): number => delays[Math.floor((delays.length - 1) * share)] ?? 0;
    const worst = at(1);
    return {
      figures: [
        `${delays.length} starts and ends were detected after ${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${worst} ms at most`,
        `clean stops took ${stopsMs.join(', ')} ms`,
      ],
      violations: worst > DETECTED_WITHIN_MS ? [`a change was detected only after ${worst} ms`] : [],
    };
  },
};

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
function trackChanges({ places, postgres }: ReplicaWorld): { delays(): Promise<number[]> } {
  const changed = new Map<string, number>();
  for (const atlas of new Set(places.map((place) => place.atlas))) {
    const { putJob, updateJob } = atlas;
    atlas.putJob = (groupId, name, job) => {
      changed.set(`${job.id} started`, Date.now());
      putJob(groupId, name, job);
    };
    atlas.updateJob = (groupId, name, id, change) => {
      changed.set(`${id} ended`, Date.now());
      return updateJob(groupId, name, id, change);
    };
  }
  return {
    delays: async () => {
      const store = { store: { url: postgres.url } };
      const { items } = await lookInto(store, (open) => open.listEvents({ limit: 1_000_000 }));
      return items
        .flatMap(({ event }) => {
          const at = changed.get(`${jobOf(event)?.id} ${event.name === 'started' ? 'started' : 'ended'}`);
          return at === undefined ? [] : [event.detectedAt - at];
        })
        .toSorted((a, b) => a - b);
    },
  };
}
