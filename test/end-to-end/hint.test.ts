import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { clusterJob, newJobId } from '../../src/simulator/atlas/scenario.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { HOUR } from '../support/builders.ts';
import type { Home } from '../support/daemon.ts';
import { awaken, command, GROUP, getJson, settle, startWorld, until, untilPolled } from './support.ts';

const CLUSTERS = ['main-0', 'main-1', 'main-2', 'main-3'];

async function aFleet() {
  const world = await startWorld();
  for (const name of CLUSTERS) world.atlas.addInstance(GROUP, name, 'cluster');
  const watch = world.watch({ name: 'fleet', kind: 'cluster', instanceName: '*' });
  const home = await settle(world.config({ watches: [watch] }));
  return { world, home };
}

/** As if the feed had been relied on for two hours. */
async function trustFeed({ dbFile }: Home): Promise<void> {
  const store = await openSqliteStore({ path: dbFile });
  const since = Date.now() - 2 * HOUR;
  const trust = { standing: 'trusted', since, reason: null, detail: null, proofs: [] } as const;
  await store.noteFeedTrust([{ connection: 'atlas', groupId: GROUP, kind: 'cluster', trust }], []);
  await store.close();
}

const paths = ({ atlas }: Awaited<ReturnType<typeof startWorld>>) => ({
  feeds: atlas.requests.filter(({ path, authenticated }) => authenticated && path.includes('/events?'))
    .length,
  lists: atlas.requests.filter(({ path, authenticated }) => authenticated && path.includes('restoreJobs?'))
    .length,
});

it('a restore is told of by the activity feed, while the clusters are hardly polled', async () => {
  const { world, home } = await aFleet();
  await trustFeed(home);
  const daemon = await awaken(home);
  await untilPolled(daemon, 2);
  const before = paths(world);
  await untilPolled(daemon, 6);
  const after = paths(world);
  // The feed is asked every other second at most, and of four clusters no one is due more than once in ten minutes.
  expect(after.feeds - before.feeds).toBeGreaterThanOrEqual(2);
  expect(after.lists - before.lists).toBeLessThanOrEqual(CLUSTERS.length);

  const createdAt = Date.now();
  const id = newJobId(createdAt);
  world.atlas.putJob(GROUP, 'main-2', clusterJob({ id, createdAt, instance: 'main-2' }));
  await world.untilArrived(1, ['webhook']);
  expect(world.told()[0]).toMatchObject({ subject: id, data: { event: 'started' } });

  const { body } = await getJson(`${daemon.base}/api/v1/watches`);
  expect(body).toMatchObject({
    items: [{ watch: 'fleet', hint: { projects: 1, instances: 4, sweepMs: 600_000, without: [] } }],
  });
  const { stdout } = await command(home, ['status', '--server', daemon.base]);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
    'fleet: 1 project (4 instances) is polled when the activity feed tells of a restore, and every 10 min all the same.',
  );
});

it('a feed that may not be read is told of in check, status, metrics and the audit log, and all is polled without', async () => {
  const { world, home } = await aFleet();
  world.atlas.refuse(GROUP, 'ACCESS_FORBIDDEN', { onlyPath: '/events' });
  const online = await command(home, ['check', '--online']);
  expect(online.code).toBe(0);
  expect(online.stdout.replaceAll(/\s+/g, ' ')).toContain(
    `fleet: the activity feed of project ${GROUP} cannot be read, so every instance there is polled at every tick: GET /api/atlas/v2/groups/${GROUP}/events: 403 ACCESS_FORBIDDEN`,
  );
  expect(online.stdout.replaceAll(/\s+/g, ' ')).toContain('within 1 s by hint');

  await trustFeed(home);
  const daemon = await awaken(home);
  await daemon.waitForLine(({ message }) => message.includes('the activity feed cannot be read'));
  const { feeds, lists } = paths(world);
  await untilPolled(daemon, 3);
  expect(paths(world).feeds).toBe(feeds);
  expect(paths(world).lists - lists).toBeGreaterThanOrEqual(2 * CLUSTERS.length);
  const metrics = await (await fetch(`${daemon.base}/metrics`)).text();
  expect(metrics).toContain('restore_watcher_unhinted_projects{watch="fleet",reason="refused"} 1');
  expect(metrics).toContain('restore_watcher_hint_missed_total{watch="fleet"} 0');
  const { stdout } = await command(home, ['status', '--server', daemon.base]);
  expect(stdout).toContain('whose activity feed cannot be read');
  await until(
    async () => (await readFile(home.auditFile, 'utf8')).includes('"feed.distrusted"'),
    'the entry in the audit file',
  );
});
