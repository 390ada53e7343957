import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { aJob, anEvent, anObservation, GROUP_ID, jobId, T0 } from '../support/builders.ts';
import { type Home, makeHome, runCommand, startDaemon } from '../support/daemon.ts';
import { MAIN } from '../support/program.ts';

const SOUND = {
  connections: [
    {
      name: 'atlas',
      baseUrl: 'https://cloud.mongodb.com',
      auth: { type: 'digest', publicKey: 'canary-public', privateKey: 'canary-private' },
    },
  ],
  watches: [{ name: 'orders', kind: 'serverless', groupId: GROUP_ID, instanceName: 'orders' }],
  channels: [{ name: 'siem', type: 'webhook', url: 'https://siem.example/canary-hook' }],
  routes: [{ events: ['*'], channels: ['siem'] }],
};

let home: Home;

beforeAll(async () => {
  home = await makeHome(SOUND);
});

afterAll(() => home.remove());

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(args, { cwd: home.dir, env });

describe('the program', () => {
  it('prints its version and its help', async () => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Commands:'),
    });
  });

  it('refuses a proxy address that is none with exit code 2, and does not quote it', async () => {
    expect(await run(['check'], { HTTPS_PROXY: 'user:canary@proxy:3128' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: HTTPS_PROXY is not the address of a proxy; expected "http://host:port"\n',
    });
  });

  it('refuses what it does not know with exit code 2', async () => {
    expect(await run(['frob'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('finds the configuration where it is started, shows it, and shows no secret', async () => {
    const { code, stdout: out, stderr: err } = await run(['check']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('The configuration is sound');
    expect(out).toContain('not there yet, the daemon makes it');
    expect(out).not.toContain('canary');
  });

  it('names every fault of a configuration, and starts nothing', async () => {
    const faulty = await makeHome({ ...SOUND, watches: [{ name: 'orders', kind: 'mainframe' }], typo: 1 });
    const { code, stdout: out, stderr: err } = await run(['run', '--config', faulty.configFile]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('watches[0].kind');
    expect(err).toContain('typo');
    expect(await readdir(faulty.dir)).toEqual(['watcher.config.json']);
    await faulty.remove();
  });

  it('lists nothing before the first run, and makes no file for it', async () => {
    for (const argv of [['jobs'], ['history'], ['deliveries'], ['audit', 'export'], ['audit', 'verify']]) {
      expect(await run(argv)).toMatchObject({ code: 0 });
    }
    expect(await readdir(home.dir)).toEqual(['watcher.config.json']);
  });

  it('reads no other store than the one that is meant while the file is broken, and says where it is', async () => {
    const broken = await makeHome(SOUND);
    const text = await readFile(broken.configFile, 'utf8');
    const at = text.indexOf('"store"');
    expect(at).toBeGreaterThan(0);
    await writeFile(broken.configFile, `${text.slice(0, at)}${text.slice(at + 1)}`);
    const line = text.slice(0, at).split('\n').length;
    const mute = ['mute', 'add', '--watch', '*', '--for', '1h', '--reason', 'r', '--author', 'ann'];
    for (const argv of [['status'], ['jobs'], mute, ['audit', 'verify'], ['audit', 'export']]) {
      const { code, stderr } = await runCommand([...argv, '--config', broken.configFile], {
        cwd: broken.dir,
      });
      expect({ argv, code }).toEqual({ argv, code: 2 });
      expect(stderr).toContain(`store: cannot be read with certainty: line ${line}, column `);
      expect(stderr).toContain('--store sqlite:PATH');
    }
    expect(await readdir(broken.dir)).toEqual(['watcher.config.json']);
    await broken.remove();
  });

  it('asks its own daemon past any proxy', async () => {
    const daemon = createServer((_request, response) => response.end('{}'));
    await once(daemon.listen(0, '127.0.0.1'), 'listening');
    const address = daemon.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const near = await makeHome({ ...SOUND, server: { host: '127.0.0.1', port } });
    const nobody = 'http://127.0.0.1:9';
    const result = await run(['healthcheck', '--config', near.configFile], {
      http_proxy: nobody,
      HTTP_PROXY: nobody,
    });
    expect(result).toEqual({ code: 0, stdout: 'alive\n', stderr: '' });
    daemon.close();
    await near.remove();
  });

  it('asks its own daemon while the configuration has faults, unless they hide where it listens', async () => {
    const daemon = createServer((_request, response) => response.end('{}'));
    await once(daemon.listen(0, '127.0.0.1'), 'listening');
    const address = daemon.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const near = await makeHome({ ...SOUND, server: { port }, store: 1, wacthes: [] });
    const text = await readFile(near.configFile, 'utf8');
    const alive = { code: 0, stdout: 'alive\n', stderr: '' };
    expect(await run(['healthcheck', '--config', near.configFile])).toEqual(alive);
    // Behind the server the file breaks off.
    await writeFile(near.configFile, text.replace(/\}\s*$/, ', "log": {'));
    expect(await run(['healthcheck', '--config', near.configFile])).toEqual(alive);
    await writeFile(near.configFile, text.replace('"port"', '"prot"'));
    const { code, stderr } = await run(['healthcheck', '--config', near.configFile]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('server.prot: unknown key'),
    });
    daemon.close();
    await near.remove();
  });

  it('says nothing when the reader of its output goes away', async () => {
    const child = spawn(process.execPath, [MAIN, 'schema'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('reads beside a running daemon what was recorded, and verifies the audit log', async () => {
    const nobody = { ...SOUND.connections[0], baseUrl: 'http://127.0.0.1:9', retries: 0 };
    const busy = await makeHome({ ...SOUND, connections: [nobody], channels: [], routes: [] });
    const store = await openSqliteStore({ path: busy.dbFile });
    await store.commitPoll({
      targetKey: 'elsewhere',
      watch: 'orders',
      at: T0,
      takesBaseline: true,
      observations: [anObservation(aJob(['failed']))],
      events: [{ event: anEvent('failed'), channels: ['siem'], suppressed: null }],
      audit: [{ at: T0, kind: 'test.sent', data: {} }],
    });
    await store.close();
    const daemon = startDaemon(busy);
    onTestFinished(() => void daemon.child.kill('SIGKILL'));
    await daemon.waitForLine(({ message }) => message === 'Watching');

    const beside = async (...args: string[]) =>
      (await runCommand([...args, '--config', busy.configFile], { cwd: busy.dir })).stdout;
    expect(await beside('check')).toContain('in use by a daemon');
    expect(await beside('jobs')).toContain(jobId(1));
    expect(await beside('history')).toContain('pending, not tried yet');
    expect(await beside('deliveries')).toContain(`${anEvent('failed').id}:siem`);
    expect(await beside('audit', 'verify')).toContain('All as it was written.');
    expect(await beside('audit', 'export')).toContain('"kind":"daemon.started"');

    expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await busy.remove();
  });
});
