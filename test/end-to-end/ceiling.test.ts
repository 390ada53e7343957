import { readFile, rename, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Home } from '../support/daemon.ts';
import { awaken, command, GROUP, getJson, settle, startWorld, until, WEBHOOK_SECRET } from './support.ts';

const NAMES = ['orders', 'carts', 'users'];
/** Of requests a minute: three watches at every second ask for 180, two for 120. */
const CEILING = 150;

/** What a webhook is told of a watch. */
interface ToldOfWatch {
  data: { event: string; watch: string; summary: string };
}

async function removeWatch(home: Home, name: string): Promise<void> {
  const config = JSON.parse(await readFile(home.configFile, 'utf8')) as { watches: Array<{ name: string }> };
  const watches = config.watches.filter((watch) => watch.name !== name);
  await writeFile(`${home.configFile}.new`, JSON.stringify({ ...config, watches }));
  await rename(`${home.configFile}.new`, home.configFile);
}

it('says everywhere that three watches at every second ask for more than the ceiling of their project, tells it, and tells its end', async () => {
  const world = await startWorld();
  for (const name of NAMES.slice(1)) world.atlas.addInstance(GROUP, name);
  const home = await settle(
    world.config({
      connections: [world.connection({ requestsPerMinute: CEILING })],
      watches: NAMES.map((name) => world.watch({ name, instanceName: name, failingAfter: '3s' })),
      channels: [{ name: 'webhook', type: 'webhook', url: world.webhook.url, secret: WEBHOOK_SECRET }],
      routes: [{ events: ['watch_failing', 'watch_recovered'], channels: ['webhook'] }],
    }),
  );
  const told = (event: string) =>
    world.webhook
      .accepted()
      .map(({ json }) => (json as ToldOfWatch).data)
      .filter((data) => data.event === event);

  const checked = await command(home, ['check']);
  expect(checked.code).toBe(0);
  expect(checked.stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /watches of project \w+ need 180 requests a minute of 150: they are polled every 1\.6 s instead of every 1 s; set requestsPerMinute to 180/,
  );

  const daemon = await awaken(home);
  for (const name of NAMES) {
    const line = await daemon.waitForLine(({ watch, reason }) => watch === name && reason === 'rate_limited');
    expect(line).toMatchObject({ level: 'warn', by: 'ceiling', hint: expect.stringContaining('180') });
    expect(line.message).toContain('every 1.6 s instead of every 1 s');
  }
  const shown = NAMES.map((name) =>
    expect.stringMatching(`watch ${name}: .*every 1.6 s instead of every 1 s`),
  );
  await until(async () => ((await getJson(`${daemon.base}/readyz`)).body as { warnings?: string[] }).warnings?.length === NAMES.length, 'a warning for each'); // biome-ignore format: one question
  expect(await getJson(`${daemon.base}/readyz`)).toMatchObject({ status: 200, body: { warnings: shown } });
  const status = await command(home, ['status', '--server', daemon.base]);
  expect(status.stdout.replaceAll(/\s+/g, ' ')).toContain('polled every 1.6 s instead of every 1 s');

  await until(() => told('watch_failing').length >= NAMES.length, 'word of each watch');
  expect(
    told('watch_failing')
      .map(({ watch }) => watch)
      .toSorted(),
  ).toEqual(NAMES.toSorted());
  for (const { summary } of told('watch_failing')) expect(summary).toContain('rate_limited');

  await removeWatch(home, 'users');
  daemon.child.kill('SIGHUP');
  await until(() => told('watch_recovered').length >= NAMES.length, 'the end of each');
  const ends = new Map(told('watch_recovered').map(({ watch, summary }) => [watch, summary]));
  for (const stays of ['orders', 'carts']) expect(ends.get(stays)).not.toContain('left the configuration');
  expect(ends.get('users')).toContain('has left the configuration');
  expect(await getJson(`${daemon.base}/readyz`)).toEqual({
    status: 200,
    body: { status: 'ready', reasons: [] },
  });
  expect(told('watch_failing')).toHaveLength(NAMES.length);
});
