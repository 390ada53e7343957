import { expect, it, onTestFinished } from 'vitest';
import { type Home, startDaemon } from '../support/daemon.ts';
import { awaken, GROUP, pollsOf, settle, startWorld, until, untilPolled, type World } from './support.ts';

const ACCOUNT = {
  clientId: 'mdb_sa_id_64b0c1d2e3f4a5b6c7d8e9f0',
  clientSecret: 'mdb_sa_sk_canary-of-the-account',
};
/** Together they make a hundred polls in a few seconds. */
const WATCHES = 25;
const POLLS = 100;

it('asks for one token for a hundred polls of many watches', async () => {
  const { world, home } = await aWorldOf(WATCHES);
  const { base } = await awaken(home);
  await until(async () => sum(await pollsOf(base, 'ok')) >= POLLS, 'a hundred polls');

  expect(world.atlas.tokens).toMatchObject({ requests: 1, issued: 1 });
  expect(sum(await pollsOf(base, 'failed'))).toBe(0);
  expect(world.atlas.requests.filter(({ status }) => status === 401)).toEqual([]);
});

it('asks for two tokens at most when it is killed five times in a row', async () => {
  const { world, home } = await aWorldOf(1);
  await killOnce(home, world, '/api/oauth/token'); // perhaps before it had the token
  for (let death = 2; death <= 5; death += 1) await killOnce(home, world, '/api/atlas/');
  await untilPolled(await awaken(home), 1);

  expect(world.atlas.tokens.requests).toBeLessThanOrEqual(2);
  expect(world.atlas.tokens.refused).toBe(0);
});

it('renews a token once that the server ends before its time, and loses no poll', async () => {
  const { world, home } = await aWorldOf(WATCHES);
  const { base } = await awaken(home);
  await untilPolled({ base }, 1);

  world.atlas.expireTokens();
  await untilPolled({ base }, 2);

  expect(world.atlas.tokens).toMatchObject({ requests: 2, issued: 2, refused: 0 });
  expect(sum(await pollsOf(base, 'failed'))).toBe(0);
});

/** The kill falls as soon as the daemon has asked for this, where a crash would: in the middle of things. */
async function killOnce(home: Home, { atlas }: World, path: string): Promise<void> {
  const before = atlas.requests.length;
  const daemon = startDaemon(home);
  onTestFinished(async () => {
    await daemon.kill('SIGKILL');
  });
  await until(() => atlas.requests.slice(before).some((request) => request.path.startsWith(path)), path);
  await daemon.kill('SIGKILL');
}

async function aWorldOf(count: number): Promise<{ world: World; home: Home }> {
  const world = await startWorld({ atlas: { serviceAccount: ACCOUNT } });
  const names = Array.from({ length: count }, (_, index) => `flex-${index}`);
  for (const name of names) world.atlas.addInstance(GROUP, name, 'flex');
  const home = await settle(
    world.config({
      connections: [world.connection({ auth: { type: 'serviceAccount', ...ACCOUNT } })],
      watches: names.map((name) => world.watch({ name, kind: 'flex', instanceName: name })),
    }),
  );
  return { world, home };
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
