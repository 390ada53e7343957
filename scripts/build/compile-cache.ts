import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startAtlas } from '../../src/simulator/atlas/atlas.ts';

const KEYS = { publicKey: 'build', privateKey: 'build-private-key' };
const GROUP_ID = '64b0c1d2e3f4a5b6c7d8e9f0';
const INSTANCE = 'orders';
const GIVE_UP_AFTER_MS = 60_000;

/**
 * Lets the program in `folder` run once, against a simulated Atlas, until it has polled, so that Node keeps what it has compiled by then
 * in `folder/compile-cache`: later starts load that instead. It serves the same version of Node, run by the same user.
 */
export async function makeCompileCache(folder: string): Promise<void> {
  const cache = join(folder, 'compile-cache');
  await mkdir(cache);
  const home = await mkdtemp(join(tmpdir(), 'restore-watcher-build-'));
  const atlas = await startAtlas(KEYS);
  try {
    atlas.addInstance(GROUP_ID, INSTANCE);
    atlas.addPast(GROUP_ID, INSTANCE, 3);
    await writeFile(join(home, 'watcher.config.json'), JSON.stringify(configFor(atlas.url)));
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const daemon = spawn(process.execPath, [join(folder, 'main.js'), 'run'], {
      cwd: home,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await hasPolled(daemon);
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  } finally {
    await atlas.close();
    await rm(home, { recursive: true });
  }
  await letOthersRead(cache);
}

function configFor(baseUrl: string): Record<string, unknown> {
  return {
    connections: [{ name: 'atlas', baseUrl, auth: { type: 'digest', ...KEYS } }],
    watches: [
      {
        name: 'build',
        kind: 'serverless',
        groupId: GROUP_ID,
        instanceName: INSTANCE,
        schedule: '* * * * * *',
      },
    ],
    // Nothing is sent: what sends mail is loaded.
    channels: [
      {
        name: 'mail',
        type: 'email',
        smtpUrl: 'smtp://127.0.0.1',
        from: 'a@example.com',
        to: ['b@example.com'],
      },
    ],
    server: { port: 0 },
    log: { format: 'json' },
  };
}

/** Waits until the daemon says that it is ready, and has done so for all that it watches. */
async function hasPolled(daemon: ChildProcess): Promise<void> {
  let said = '';
  daemon.stdout?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  const isReady = async (): Promise<boolean> => {
    const url = /"url":"(http:[^"]+)"/.exec(said)?.[1];
    return url !== undefined && (await fetch(`${url}/readyz`)).ok;
  };
  while (!(await isReady())) {
    if (daemon.exitCode !== null || performance.now() > giveUpAt)
      throw new Error(`the program did not poll:\n${said}`);
    await delay(50);
  }
}

/** Node keeps it to whoever made it; whoever may read the program may read this. */
async function letOthersRead(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}
