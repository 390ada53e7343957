import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { newPostgresAddress } from '../support/postgres/shared.ts';
import { awaken, getJson, pollsOf, settle, startWorld, until, type World } from './support.ts';

/** The projects of which each has a watch of its own. */
export const PROJECTS = Array.from({ length: 6 }, (_, index) => `64b0c1d2e3f4a5b6c7d8e9f${index}`);

/** A replica that runs, in a folder of its own. */
export type Replica = Awaited<ReturnType<typeof awaken>> & { home: Awaited<ReturnType<typeof settle>> };

/** Replicas over one PostgreSQL and one Atlas with six projects, each of which has a watch. `main`: the program in place of the usual one. */
export async function startReplicas(main?: string) {
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
    /** Starts one more. */
    start: async (): Promise<Replica> => {
      const home = await settle(config);
      return { ...(await awaken(home, {}, main)), home };
    },
  };
}

/** Waits until each watch is polled by one of these replicas, and says for how long that took. */
export async function untilAllPolled(replicas: readonly Replica[]): Promise<number> {
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
export async function untilShared({ base }: Replica, names: number): Promise<void> {
  await until(async () => {
    const { body } = await getJson(`${base}/api/v1/replicas`);
    const { items } = body as { items: Array<{ units: string[] }> };
    return items.filter(({ units }) => units.length > 0).length === names;
  }, `${names} replicas with work`);
}

/** Starts a restore in each project. @returns the ids of the jobs. */
export function startJobs({ atlas }: World): string[] {
  return PROJECTS.map((project) => {
    const createdAt = Date.now();
    const id = newJobId(createdAt);
    atlas.putJob(project, 'orders', serverlessJob({ id, createdAt, instance: 'orders' }));
    return id;
  });
}
