import { setTimeout as delay } from 'node:timers/promises';
import { busiest, milliseconds, polledAgainAfter, type Scene, untilShared } from './scene.ts';

const TIMES = 4;
/** A replica that joins takes its share after ten seconds. */
const SETTLE_MS = 12_000;
/** As the documents say: a lease and a poll, and about a second. */
const AFTER_KILL_MS = 20_000;
const AFTER_STOP_MS = 2_000;

/** The replica with most of the work is killed, started again, stopped, started again, some times over. */
export const takeoverScene: Scene = {
  jobs: 20,
  play: async (world, log) => {
    const afterwards: Record<'SIGKILL' | 'SIGTERM', number[]> = { SIGKILL: [], SIGTERM: [] };
    for (let round = 0; round < TIMES; round += 1)
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        world.steps.shift()?.();
        const replica = await busiest(world);
        const from = Date.now();
        await replica.end(signal);
        const deadline = from + 2 * AFTER_KILL_MS;
        while (!Number.isFinite(polledAgainAfter(world, from)) && Date.now() < deadline) await delay(50);
        const afterMs = polledAgainAfter(world, from);
        afterwards[signal].push(afterMs);
        log(`${replica.name}, ${signal}: every watch was polled again after ${afterMs} ms`);
        await replica.start();
        await delay(SETTLE_MS);
        await untilShared(world);
      }
    return {
      figures: [
        `every watch was polled again, after a kill: ${milliseconds(afterwards.SIGKILL)} ms`,
        `after a clean stop: ${milliseconds(afterwards.SIGTERM)} ms`,
      ],
      violations: [
        ...afterwards.SIGKILL.filter((ms) => ms > AFTER_KILL_MS).map((ms) => `${ms} ms after a kill`),
        ...afterwards.SIGTERM.filter((ms) => ms > AFTER_STOP_MS).map((ms) => `${ms} ms after a clean stop`),
      ],
    };
  },
};
