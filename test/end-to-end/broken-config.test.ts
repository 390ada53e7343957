import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN } from '../config/broken-configurations.ts';
import { runCommand } from '../support/daemon.ts';

const FOLDER = resolve(import.meta.dirname, '../fixtures/config/broken');

/** One of each sort; the tests of the configuration go through all of them. */
const RULES = [
  'many-at-once',
  'json-cut-short',
  'json-key-twice',
  'not-an-object',
  'missing-sections',
  'missing-keys',
  'unknown-keys',
  'wrong-types',
  'missing-variable',
  'missing-secret-file',
  'bad-durations',
  'bad-group-id',
  'bad-webhook-secret',
  'cron-invalid',
  'duplicate-names',
  'http-not-loopback',
  'open-server-without-token',
  'own-files-one',
  'unknown-channel',
  'unknown-events',
] as const;

/** A start that does nothing takes this machine so long at its best, and one that finds a fault hardly longer. */
const TIMES_AS_LONG = 4;
/** On a machine that is busy with other things a start may take long; not every time. */
const TRIES = 5;

let proxy: Server;
let idleStartMs: number;
const visitors: Socket[] = [];

beforeAll(async () => {
  proxy = createServer((socket) => {
    visitors.push(socket);
    socket.destroy();
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const begun = performance.now();
  await runCommand(['--version']);
  idleStartMs = performance.now() - begun;
});

afterAll(() => {
  proxy.close();
});

/** Runs the daemon with a broken configuration, in a folder that holds nothing else. */
async function runBroken(rule: string) {
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-'));
  try {
    const file = join(dir, 'watcher.config.json');
    await copyFile(join(FOLDER, `${rule}.json`), file);
    const begun = performance.now();
    const result = await runCommand(['run', '--config', file], { cwd: dir, env: environment() });
    return { ...result, ms: performance.now() - begun, files: await readdir(dir) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What the fixtures ask for; and every request to the outside would come by the proxy. */
function environment(): Record<string, string> {
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const url = `http://127.0.0.1:${port}`;
  return {
    ATLAS_PUBLIC_KEY: 'canary-public',
    ATLAS_PRIVATE_KEY: 'canary-private',
    EMPTY: '',
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
  };
}

describe('the daemon, given a broken configuration', () => {
  it.each(RULES)(
    'names every fault with its path, starts nothing, and ends with 2 soon: %s',
    async (rule) => {
      const run = await runBroken(rule);
      expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 2, stdout: '' });

      const lines = run.stderr.trimEnd().split('\n');
      const faults = BROKEN[rule] ?? [];
      expect(lines[0]).toMatch(/^error: .*watcher\.config\.json: \d+ faults? in the configuration$/);
      expect(lines).toHaveLength(1 + faults.length);
      for (const [index, [path, says]] of faults.entries()) {
        expect(lines[index + 1]?.startsWith(path === '' ? '  ' : `  ${path}: `)).toBe(true);
        expect(lines[index + 1]).toContain(says);
      }
      expect(run.stderr).not.toContain('canary');

      expect(run.files).toEqual(['watcher.config.json']);
      expect(visitors).toEqual([]);
      const times = [run.ms];
      const limitMs = TIMES_AS_LONG * idleStartMs;
      while (Math.min(...times) >= limitMs && times.length < TRIES) times.push((await runBroken(rule)).ms);
      expect(Math.min(...times)).toBeLessThan(limitMs);
    },
  );

  it('names a file that is not there', async () => {
    const { code, stderr } = await runCommand(['run', '--config', '/no/such/watcher.config.json']);
    expect(code).toBe(2);
    expect(stderr).toContain('/no/such/watcher.config.json');
    expect(stderr).toContain('there is no such file');
  });
});
