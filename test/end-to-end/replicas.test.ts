import { describe, expect, it } from 'vitest';
import { hasPostgres } from '../support/postgres/shared.ts';
import { startJobs, startReplicas, untilAllPolled, untilShared } from './replica-support.ts';
import { command, untilPolled } from './support.ts';

describe.skipIf(!hasPostgres())('several replicas over a PostgreSQL', () => {
  it('tell each event once, whoever of them stops, dies or stands still, and keep one audit log', async () => {
    const { world, start } = await startReplicas();
    const jobs: string[] = [];
    const tellAll = async (): Promise<void> => {
      jobs.push(...startJobs(world));
      await world.untilArrived(jobs.length);
    };
    const a = await start();
    await untilPolled(a, 1);
    const [b, c] = [await start(), await start()];
    await untilShared(a, 3);
    await tellAll();

    await a.kill('SIGTERM');
    await untilAllPolled([b, c]);
    await tellAll();

    await b.kill('SIGKILL');
    await untilAllPolled([c]);
    await tellAll();

    const d = await start();
    await untilShared(c, 2);
    process.kill(c.pid, 'SIGSTOP');
    await untilAllPolled([d]);
    await tellAll();
    process.kill(c.pid, 'SIGCONT');
    await c.waitForLine(({ message }) => message.startsWith('The leases of this replica have run out'));
    await untilShared(d, 2);
    await tellAll();

    expect(new Set(world.told().map(({ subject }) => subject))).toEqual(new Set(jobs));
    expect(world.told()).toHaveLength(jobs.length);
    const verdict = await command(d.home, ['audit', 'verify', '--json']);
    expect(JSON.parse(verdict.stdout)).toMatchObject({ problems: [] });
    const once = await command(d.home, ['once']);
    expect(once).toMatchObject({ code: 1, stderr: expect.stringContaining('is in use by') });
  });
});
