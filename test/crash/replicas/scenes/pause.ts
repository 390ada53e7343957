import { setTimeout as delay } from 'node:timers/promises';
import { busiest, polledAgainAfter, type Scene } from './scene.ts';

const PAUSE_MS = 60_000;

/** The replica with most of the work stands still for a minute and wakes. It must do nothing that is another's by then. */
export const pauseScene: Scene = {
  jobs: 60,
  play: async (world, log) => {
    const replica = await busiest(world);
    const { child } = replica.daemon();
    const step = async (forMs: number): Promise<void> => {
      const until = performance.now() + forMs;
      while (performance.now() < until) {
        world.steps.shift()?.();
        await delay(1_000);
      }
    };
    await step(5_000);
    const from = Date.now();
    child.kill('SIGSTOP');
    await step(PAUSE_MS);
    child.kill('SIGCONT');
    const wokenAt = Date.now();
    log(`${replica.name} is woken`);
    const ranOut = await replica
      .daemon()
      .waitForLine(({ message }) => message.startsWith('The leases of this replica have run out'));
    await step(15_000);
    const { child: stillThere } = replica.daemon();
    return {
      figures: [
        `its projects were polled by others ${polledAgainAfter(world, from)} ms after it stood still`,
        `${Date.parse(String(ranOut.time)) - wokenAt} ms after it was woken it knew that nothing is its own`,
      ],
      violations: stillThere.exitCode === null ? [] : [`${replica.name} has ended`],
    };
  },
};
