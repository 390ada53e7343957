import { expect, it } from 'vitest';
import { type FeedMood, inventedEvent } from '../../src/simulator/atlas/feed/feed-endpoints.ts';
import { clusterJob, collectionJob, newJobId } from '../../src/simulator/atlas/scenario.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { awaken, command, GROUP, getJson, settle, startWorld, until, untilPolled } from './support.ts';

const REQUESTED = 'CPS_RESTORE_REQUESTED_AUDIT';
const ANN = { userId: '5f0e1d2c3b4a5968776655a1', username: 'ann@example.com', remoteAddress: '203.0.113.7' };
const BOB = { userId: '5f0e1d2c3b4a5968776655b2', username: 'bob@example.com' };
const ANN_SHOWN = { id: ANN.userId, name: ANN.username, address: ANN.remoteAddress };
const BOB_SHOWN = { id: BOB.userId, name: BOB.username };
/** Far enough back that the feed would have told of it by now, and far enough from each other. */
const BEGAN_MS = { exact: 200_000, likely: 160_000, ambiguous: 120_000, none: 80_000 };

async function aFleet() {
  const world = await startWorld();
  for (const name of ['main', 'other']) world.atlas.addInstance(GROUP, name, 'cluster');
  const clusters = world.watch({ name: 'main', kind: 'cluster', instanceName: 'main', actors: true });
  const collections = { ...clusters, name: 'collections', kind: 'collection' };
  const config = world.config({ watches: [clusters, collections] });
  return { world, home: await settle(config) };
}

it('says who began a restore, and how sure that is, wherever the restore is shown', async () => {
  const { world, home } = await aFleet();
  const daemon = await awaken(home);
  await untilPolled(daemon, 2);
  const now = Date.now();
  const at = (which: keyof typeof BEGAN_MS): number => now - BEGAN_MS[which];
  const ids = { exact: '', likely: '', ambiguous: '', none: '' };
  for (const which of ['exact', 'likely', 'ambiguous'] as const) {
    ids[which] = newJobId(at(which));
    world.atlas.putJob(GROUP, 'main', clusterJob({ id: ids[which], createdAt: at(which), instance: 'main' }));
  }
  ids.none = newJobId(at('none'));
  const collection = collectionJob({ id: ids.none, createdAt: at('none'), instance: 'main' });
  world.atlas.putJob(GROUP, 'main', collection);
  const feed: FeedMood = {
    by: () => ANN,
    // The requests of the others are made by another process than their jobs.
    loses: (event) => event.type === REQUESTED && Math.abs(event.at - at('exact')) > 5_000,
    invents: [
      inventedEvent(REQUESTED, at('likely'), ANN),
      inventedEvent(REQUESTED, at('ambiguous'), ANN),
      inventedEvent(REQUESTED, at('ambiguous') + 1_000, BOB),
      inventedEvent(REQUESTED, at('none'), BOB),
    ],
  };
  world.atlas.setFeed(GROUP, feed);
  const actorOf = async (id: string): Promise<unknown> => {
    const { body } = await getJson(`${daemon.base}/api/v1/jobs/${id}`);
    return (body as { job?: { actor?: unknown } }).job?.actor;
  };
  const expected: Record<keyof typeof BEGAN_MS, unknown> = {
    exact: { ...ANN_SHOWN, confidence: 'exact' },
    likely: { ...ANN_SHOWN, confidence: 'likely' },
    ambiguous: { id: null, confidence: 'ambiguous', candidates: [ANN_SHOWN, BOB_SHOWN] },
    none: { id: null, confidence: 'none', reason: 'not_told' },
  };
  for (const which of ['exact', 'likely', 'ambiguous', 'none'] as const)
    await expect.poll(() => actorOf(ids[which]), { timeout: PATIENCE_MS }).toEqual(expected[which]);

  await until(
    () => world.told().filter(({ data }) => data.event === 'attributed').length === 3,
    'three that tell who it was',
  );
  const told = world.told().filter(({ data }) => data.event === 'attributed');
  expect(
    new Map(told.map(({ subject, data }) => [subject, (data.job as { actor?: unknown }).actor])),
  ).toEqual(
    new Map([
      [ids.exact, expected.exact],
      [ids.likely, expected.likely],
      [ids.ambiguous, expected.ambiguous],
    ]),
  );
  const { stdout } = await command(home, ['history', ids.exact]);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('was started by ann@example.com from 203.0.113.7 (exact)');
  const page = await (await fetch(`${daemon.base}/jobs/${ids.none}`)).text();
  expect(page).toContain('not known (none): the activity feed tells of no request that fits');
  const report = await command(home, ['audit', 'report', '--format', 'csv']);
  for (const confidence of ['exact', 'likely', 'ambiguous', 'none'])
    expect(report.stdout).toContain(confidence);
  const ocsf = await command(home, ['audit', 'export', '--format', 'ocsf']);
  expect(ocsf.stdout).toContain('"actor_confidence":"likely"');
});

it('says that the feed may not be read: in check, in the log, and with the restore', async () => {
  const { world, home } = await aFleet();
  world.atlas.refuse(GROUP, 'ACCESS_FORBIDDEN', { onlyPath: '/events' });
  const online = await command(home, ['check', '--online']);
  expect(online.code).toBe(0);
  expect(online.stdout.replaceAll(/\s+/g, ' ')).toContain(
    `main: the activity feed of project ${GROUP} cannot be read, so who began a restore there stays unknown`,
  );
  const daemon = await awaken(home);
  await untilPolled(daemon, 2);
  const createdAt = Date.now();
  const id = newJobId(createdAt);
  world.atlas.putJob(GROUP, 'main', clusterJob({ id, createdAt, instance: 'main' }));
  await daemon.waitForLine(({ message }) => message.includes('cannot be read: '));
  await until(async () => {
    const { stdout } = await command(home, ['jobs', '--json']);
    return stdout.includes('"reason": "no_permission"') || stdout.includes('"reason":"no_permission"');
  }, 'a job of which nobody may know who began it');
  expect(world.told().filter(({ data }) => data.event === 'attributed')).toEqual([]);
});
