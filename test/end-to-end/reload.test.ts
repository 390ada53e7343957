import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import type { Home } from '../support/daemon.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import {
  awaken,
  factsOf,
  GROUP,
  getJson,
  pollsOf,
  settle,
  startWorld,
  until,
  untilPolled,
} from './support.ts';

const TOKEN = 'a-token-that-is-long-enough';
const JOBS = 20;

async function rewrite(home: Home, change: (config: Record<string, unknown>) => unknown): Promise<void> {
  const config = JSON.parse(await readFile(home.configFile, 'utf8')) as Record<string, unknown>;
  await putInPlace(home, JSON.stringify(change(config)));
}

/** In one step, as editors do it: the daemon may be reading the file for an earlier reload, and is not to find it empty. */
async function putInPlace({ configFile }: Home, text: string): Promise<void> {
  await writeFile(`${configFile}.new`, text);
  await rename(`${configFile}.new`, configFile);
}

async function metric(base: string, name: string): Promise<string | undefined> {
  const text = await (await fetchOnce(`${base}/metrics`)).text();
  return text.split('\n').find((line) => line.startsWith(`restore_watcher_${name} `));
}

/** From the mirror: no command reads the store by a configuration that is broken. */
async function auditKinds(home: Home): Promise<string[]> {
  const lines = (await readFile(home.auditFile, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
}

async function untilBaselines(home: Home, count: number): Promise<void> {
  const taken = async () => (await auditKinds(home)).filter((kind) => kind === 'baseline.taken').length;
  await until(async () => (await taken()) >= count, `${count} baselines`);
}

it('stays with the configuration in force when the new one is broken, under load, and says so in three places', async () => {
  const world = await startWorld();
  const home = await settle(world.config());
  const daemon = await awaken(home);
  await untilPolled(daemon, 1);
  const good = await readFile(home.configFile, 'utf8');
  const ids = Array.from({ length: JOBS }, () => world.startJob());
  await untilPolled(daemon, 1);

  for (const [index, id] of ids.entries()) {
    world.atlas.updateJob(GROUP, 'orders', id, finish(Date.now()));
    if (index % 5 !== 0) continue;
    await rewrite(home, (config) => ({
      ...config,
      watches: [{ name: 'orders', kind: 'nonsense' }],
      extra: 1,
    }));
    daemon.child.kill('SIGHUP');
  }
  const line = await daemon.waitForLine(({ message }) => message.includes('cannot be used'));
  expect(line).toMatchObject({
    level: 'error',
    issues: expect.arrayContaining([
      { path: 'extra', message: expect.any(String), line: expect.any(Number) },
    ]),
  });
  expect(await metric(daemon.base, 'config_last_reload_successful')).toMatch(/ 0$/);
  expect(await getJson(`${daemon.base}/readyz`)).toMatchObject({
    status: 200,
    body: { warnings: [expect.stringMatching(/stays in force.*extra/)] },
  });
  await until(async () => (await auditKinds(home)).includes('config.rejected'), 'the audit entry');

  await world.untilArrived(2 * JOBS);
  expect(factsOf(world.told()).toSorted()).toEqual(
    ids.flatMap((id) => [`${id} finished`, `${id} started`]).toSorted(),
  );

  await putInPlace(home, good);
  daemon.child.kill('SIGHUP');
  await until(
    async () => (await metric(daemon.base, 'config_last_reload_successful'))?.endsWith(' 1') === true,
    'success',
  );
  expect(await getJson(`${daemon.base}/readyz`)).toEqual({
    status: 200,
    body: { status: 'ready', reasons: [] },
  });
});

it('goes by a new configuration from the next tick on, and a watch that stays goes on with what it knows', async () => {
  const world = await startWorld();
  world.atlas.addInstance(GROUP, 'carts');
  const home = await settle(
    world.config({
      watches: [world.watch(), world.watch({ name: 'leaving', instanceName: 'carts' })],
      server: { host: '127.0.0.1', port: 0, token: TOKEN },
      routes: [{ events: ['*'], channels: ['slack'] }],
    }),
  );
  const daemon = await awaken(home);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const watches = async (): Promise<string[]> => {
    const reply = await fetchOnce(`${daemon.base}/api/v1/watches`, { headers });
    return ((await reply.json()) as { items: Array<{ watch: string }> }).items.map(({ watch }) => watch);
  };
  const running = world.startJob();
  await untilBaselines(home, 2);

  await rewrite(home, (config) => ({
    ...config,
    watches: [world.watch(), world.watch({ name: 'coming', instanceName: 'carts' })],
    routes: [{ events: ['*'], channels: ['webhook'] }],
  }));
  const reply = await fetchOnce(`${daemon.base}/-/reload`, { method: 'POST', headers });
  expect([reply.status, await reply.json()]).toEqual([
    200,
    {
      status: 'reloaded',
      watches: { added: ['coming'], removed: ['leaving'], changed: [] },
      channels: { added: [], removed: [], changed: [] },
      warnings: expect.arrayContaining([
        { path: 'channels[1]', message: 'no route leads to "slack"', line: 1 },
      ]),
    },
  ]);
  expect(await watches()).toEqual(['orders', 'coming']);
  await untilBaselines(home, 3);
  world.atlas.updateJob(GROUP, 'orders', running, finish(Date.now()));
  await world.untilArrived(1, ['webhook']);
  expect(factsOf(world.told())).toEqual([`${running} finished`]);
  expect(world.slack.accepted()).toEqual([]);
  expect((await auditKinds(home)).filter((kind) => kind === 'baseline.taken')).toHaveLength(3);
  expect(await auditKinds(home)).not.toContain('daemon.stopped');
});

it('reads a secret again when its file has changed, without being told', async () => {
  const world = await startWorld();
  const home = await settle({});
  const secret = join(home.dir, 'private-key');
  await writeFile(secret, 'last-weeks-key\n');
  const auth = { type: 'digest', publicKey: 'public', privateKey: `\${file:${secret}}` };
  await rewrite(home, (config) => ({
    ...config,
    ...world.config({ connections: [world.connection({ auth })] }),
  }));
  const daemon = await awaken(home);
  await until(async () => ((await pollsOf(daemon.base, 'failed')).get('orders') ?? 0) > 0, 'a refused login');

  // The file on disk is being edited, and is not what anybody asked to be read.
  await rewrite(home, (config) => ({ ...config, watches: [] }));
  await writeFile(secret, 'private\n');
  await until(async () => ((await pollsOf(daemon.base, 'ok')).get('orders') ?? 0) > 0, 'a good poll', 40_000);
  expect(daemon.output()).not.toMatch(/last-weeks-key/);
});
