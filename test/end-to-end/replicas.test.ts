import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { hasPostgres, newPostgresAddress } from '../support/postgres/shared.ts';
import {
  awaken,
  command,
  getJson,
  pollsOf,
  settle,
  startWorld,
  until,
  untilPolled,
  type World,
} from './support.ts';

const PROJECTS = Array.from({ length: 6 }, (_, index) => `64b0c1d2e3f4a5b6c7d8e9f${index}`);

type Replica = Awaited<ReturnType<typeof awaken>> & { home: Awaited<ReturnType<typeof settle>> };

/** Replicas over one PostgreSQL and one Atlas with six projects, each of which has a watch. */
async function startReplicas() {
  const world = await startWorld();
  for (const project of PROJECTS) world.atlas.addInstance(project, 'orders');
  const store = await newPostgresAddress();
  const watches = PROJECTS.map((groupId, index) => world.watch({ name: `watch-${index}`, groupId }));
  const shared = await settle({});
  // The same text for all of them: each runs in a folder of its own. They sign the one log with one key.
  const keyFile = join(shared.dir, 'audit-key');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const audit = { file: 'audit.jsonl', keyFile };
  const config = world.config({ watches, store, audit });
  return {
    world,
    start: async (): Promise<Replica> => {
      const home = await settle(config);
      return { ...(await awaken(home)), home };
    },
  };
}

/** Waits until each watch is polled by one of these replicas, and says for how long that took. */
async function untilAllPolled(replicas: readonly Replica[]): Promise<number> {
  const begunAt = performance.now();
  const counts = () => Promise.all(replicas.map(({ base }) => pollsOf(base, 'ok')));
  const before = await counts();
  await until(async () => {
    const now = await counts();
    return PROJECTS.every((_, index) =>
      now.some((of, at) => (of.get(`watch-${index}`) ?? 0) > (before[at]?.get(`watch-${index}`) ?? 0)),
    );
  }, 'every watch to be polled');
  return performance.now() - begunAt;
}

/** Waits until each replica has some of the work, as one of them says. */
async function untilShared({ base }: Replica, names: number): Promise<void> {
  await until(async () => {
    const { body } = await getJson(`${base}/api/v1/replicas`);
    const { items } = body as { items: Array<{ units: string[] }> };
    return items.filter(({ units }) => units.length > 0).length === names;
  }, `${names} replicas with work`);
}

function startJobs({ atlas }: World): string[] {
  return PROJECTS.map((project) => {
    const createdAt = Date.now();
    const id = newJobId(createdAt);
    atlas.putJob(project, 'orders', serverlessJob({ id, createdAt, instance: 'orders' }));
    return id;
  });
}

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
