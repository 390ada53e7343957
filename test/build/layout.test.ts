import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { childEnvironment } from '../support/child-environment.ts';
import { makeHome, startDaemon } from '../support/daemon.ts';
import { MAIN } from '../support/program.ts';

const KEYS = { publicKey: 'layout', privateKey: 'layout-private-key' };
const GROUP_ID = '64b0c1d2e3f4a5b6c7d8e9f0';

/** Far from any checkout and its packages, as in the image. */
let folder: string;
let main: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restore-watcher-image-'));
  await cp(dirname(MAIN), folder, { recursive: true });
  main = join(folder, 'main.js');
});
afterAll(() => rm(folder, { recursive: true }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function run(argv: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...argv], {
    cwd,
    env: childEnvironment({}),
  });
  return stdout;
}

describe('the built program in a folder without packages', () => {
  it('runs with a channel of each type, answers its health check, and has its audit log verified', async () => {
    const atlas = await startAtlas(KEYS);
    atlas.addInstance(GROUP_ID, 'orders');
    atlas.addPast(GROUP_ID, 'orders', 1);
    const [nowhere, port] = ['http://127.0.0.1:9/hook', await freePort()];
    const home = await makeHome({
      connections: [{ name: 'atlas', baseUrl: atlas.url, auth: { type: 'digest', ...KEYS } }],
      watches: [
        {
          name: 'orders',
          kind: 'serverless',
          groupId: GROUP_ID,
          instanceName: 'orders',
          schedule: '* * * * * *',
        },
      ],
      channels: [
        { name: 'chat', type: 'slack', url: nowhere, template: { title: '{{ event.name }}' } },
        {
          name: 'mail',
          type: 'email',
          smtpUrl: 'smtp://127.0.0.1:9',
          from: 'a@example.com',
          to: ['b@example.com'],
        },
        { name: 'hook', type: 'webhook', url: nowhere },
        { name: 'pager', type: 'pagerduty', routingKey: '0123456789abcdef0123456789abcdef' },
        { name: 'team', type: 'msteams', url: nowhere },
      ],
      server: { host: '127.0.0.1', port },
    });
    const daemon = startDaemon(home, {}, main);
    try {
      await daemon.url;
      await atlas.waitForRequest((request) => request.authenticated);
      expect(await run(['healthcheck'], home.dir)).toBe('alive\n');
      expect(await run(['notify', 'preview', '--channel', 'mail'], home.dir)).toContain('b@example.com');
      expect((await daemon.kill('SIGTERM')).code).toBe(0);
      expect(await run(['audit', 'verify'], home.dir)).toContain('All as it was written.');
    } finally {
      await daemon.kill('SIGKILL');
      await atlas.close();
      await home.remove();
    }
  });

  it('starts the demo', async () => {
    const child = spawn(process.execPath, [main, 'demo'], { cwd: folder, env: childEnvironment({}) });
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).not.toBe('');
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});
