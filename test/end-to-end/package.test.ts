import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import ownPackage from '../../package.json' with { type: 'json' };
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { listenOnLoopback } from '../../src/simulator/loopback.ts';
import { startDaemon } from '../support/daemon.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { type Packed, packProgram } from '../support/packed.ts';

let packed: Packed;
/** An empty folder, into which the package has been installed. */
let folder: string;

beforeAll(async () => {
  packed = await packProgram();
  folder = await packed.emptyFolder();
  await packed.run('npm', ['install', packed.tarball], folder);
});
afterAll(() => packed.remove());

const fromTarball = (): string[] => ['--yes', `--package=${packed.tarball}`, 'atlas-restore-watcher'];

describe('the package', () => {
  it('installs without a registry, and brings nothing but itself', async () => {
    const installed = (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['atlas-restore-watcher']);
    const manifest = await readFile(join(folder, 'node_modules/atlas-restore-watcher/package.json'), 'utf8');
    expect(JSON.parse(manifest)).toEqual({
      ...(({ dependencies, devDependencies, scripts, allowScripts, ...kept }) => kept)(ownPackage),
    });
    expect(await readdir(join(folder, 'node_modules/atlas-restore-watcher'))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'config',
      'dist',
      'docs',
      'package.json',
    ]);
  });

  it('is a command of two names, of which npx finds one by the name of the package', async () => {
    expect(await packed.run('npx', ['restore-watcher', '--version'], folder)).toBe(`${ownPackage.version}\n`);
    const elsewhere = await packed.emptyFolder();
    expect(await packed.run('npx', [...fromTarball(), '--version'], elsewhere)).toBe(
      `${ownPackage.version}\n`,
    );
  });

  it('plays the demo to its end in an empty folder, and leaves nothing there', async () => {
    const elsewhere = await packed.emptyFolder();
    const said = await packed.run('npx', [...fromTarball(), 'demo'], elsewhere);
    expect(said).toMatch(/secrets seen +0 /);
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('gets from a key to a daemon that is ready: init, check --online, run, status, and a clean stop', async () => {
    const atlas = await anAtlas();
    const env = { ATLAS_PUBLIC_KEY: KEYS.publicKey, ATLAS_PRIVATE_KEY: KEYS.privateKey };
    const command = (...args: string[]) => packed.run('npx', ['restore-watcher', ...args], folder, env);

    const said = await command('init', '--base-url', atlas.url);
    expect(said).toContain('Next:');
    const configFile = join(folder, 'watcher.config.json');
    await onFreePort(configFile);
    expect(await command('check', '--online')).toMatch(/shop +ok +ok +ok +ok +ok +ok/);

    const main = join(folder, 'node_modules/atlas-restore-watcher/dist/main.js');
    const daemon = startDaemon({ dir: folder, configFile }, env, main);
    onTestFinished(async () => {
      await daemon.kill('SIGKILL');
    });
    const url = await daemon.url;
    await expect.poll(async () => (await fetchOnce(`${url}/readyz`)).status).toBe(200);
    await expect
      .poll(() => atlas.requests.filter(({ path }) => path.includes('restoreJobs')).length)
      .toBeGreaterThan(1);
    expect(await command('status')).toMatch(/shop +yes/);
    expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

const KEYS = { publicKey: 'public', privateKey: 'private' };
const SHOP = '64b0c1d2e3f4a5b6c7d8e9f0';

async function anAtlas(): Promise<AtlasSimulator> {
  const atlas = await startAtlas(KEYS);
  onTestFinished(() => atlas.close());
  atlas.addInstance(SHOP, 'orders', 'cluster');
  atlas.setProject(SHOP, { name: 'shop' });
  return atlas;
}

/** The port that is the default may be taken where tests run, and `status` has to find the daemon; the rest of what `init` wrote stays. */
async function onFreePort(configFile: string): Promise<void> {
  const server = createServer();
  const { port, close } = await listenOnLoopback(server);
  await close();
  const text = await readFile(configFile, 'utf8');
  await writeFile(configFile, text.replace('"watches"', `"server": { "port": ${port} },\n  "watches"`));
}
