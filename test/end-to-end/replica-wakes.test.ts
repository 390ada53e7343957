import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasPostgres } from '../support/postgres/shared.ts';
import { startJobs, startReplicas, untilShared } from './replica-support.ts';
import { untilPolled } from './support.ts';

/** How often every project begins a restore. */
const ROUNDS = 3;

describe.skipIf(!hasPostgres())('several replicas, of which one records what another sends', () => {
  it('send it without waiting until they look', async () => {
    const main = join(import.meta.dirname, 'woken-daemon.ts');
    const { world, start } = await startReplicas(main);
    const a = await start();
    await untilPolled(a, 1);
    await start();
    await start();
    await untilShared(a, 3);
    const jobs: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      jobs.push(...startJobs(world));
      await world.untilArrived(jobs.length);
    }
    expect(new Set(world.told().map(({ subject }) => subject))).toEqual(new Set(jobs));
  });
});
