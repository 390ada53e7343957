import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIOME = resolve('node_modules/.bin/biome');

/** One import that each room must not make, and one that it may. */
const ROOMS: Record<string, { forbidden: string; allowed: string }> = {
  audit: { forbidden: '../store/queries/outbox/outbox.ts', allowed: '../store/ports/audit.ts' },
  channels: { forbidden: '../watcher/runner.ts', allowed: '../domain/event/event.ts' },
  cli: { forbidden: '../store/open-store.ts', allowed: '../store/store.ts' },
  config: { forbidden: '../source/connection.ts', allowed: '../templates/check.ts' },
  diagnosis: { forbidden: '../watcher/runner.ts', allowed: '../source/source.ts' },
  domain: { forbidden: '../errors.ts', allowed: './instant.ts' },
  'domain/job': { forbidden: '../../clock.ts', allowed: '../instant.ts' },
  health: { forbidden: '../http/server.ts', allowed: '../watcher/status.ts' },
  http: { forbidden: '../watcher/runner.ts', allowed: '../health/health.ts' },
  logging: { forbidden: '../config/config.ts', allowed: '../domain/instant.ts' },
  metrics: { forbidden: '../http/server.ts', allowed: '../store/ports/records.ts' },
  net: { forbidden: '../source/connection.ts', allowed: '../logging/logger.ts' },
  remote: { forbidden: '../store/open-store.ts', allowed: '../views/records/records.ts' },
  simulator: { forbidden: '../watcher/runner.ts', allowed: '../domain/job/restore-job.ts' },
  'simulator/atlas/login': { forbidden: '../../../source/source.ts', allowed: '../../../domain/instant.ts' },
  source: { forbidden: '../store/store.ts', allowed: '../net/proxies.ts' },
  'source/kinds': { forbidden: '../../config/config.ts', allowed: '../../domain/job/restore-job.ts' },
  store: { forbidden: '../source/source.ts', allowed: '../domain/audit.ts' },
  'store/queries': { forbidden: '../../watcher/status.ts', allowed: '../../domain/audit.ts' },
  templates: { forbidden: '../channels/notifier.ts', allowed: '../domain/event/event.ts' },
  views: { forbidden: '../http/query.ts', allowed: '../store/ports/records.ts' },
  wait: { forbidden: '../store/store.ts', allowed: '../source/source.ts' },
  watcher: { forbidden: '../store/store.ts', allowed: '../store/ports/outbox.ts' },
  witness: { forbidden: '../watcher/runner.ts', allowed: '../net/http-client.ts' },
  'watcher/deliver': {
    forbidden: '../../channels/slack/slack.ts',
    allowed: '../../channels/notifier.ts',
  },
};

/** Every room that has a wall: `app/` may know everything. */
const WITHOUT_WALL = ['app'];

describe('the import walls', () => {
  let folder = '';
  let faults: Array<{ file: string; rule: string }> = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'walls-'));
    const config = JSON.parse(await readFile('biome.json', 'utf8')) as Record<string, unknown>;
    const { $schema: _schema, vcs: _vcs, ...rules } = config;
    await writeFile(join(folder, 'biome.json'), JSON.stringify(rules));
    for (const [room, { forbidden, allowed }] of Object.entries(ROOMS)) {
      await mkdir(join(folder, 'src', room), { recursive: true });
      await writeFile(join(folder, 'src', room, 'forbidden.ts'), `export * from '${forbidden}';\n`);
      await writeFile(join(folder, 'src', room, 'allowed.ts'), `export * from '${allowed}';\n`);
    }
    faults = await lint(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('stand around every room', async () => {
    const rooms = (await readdir('src', { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const held = new Set(Object.keys(ROOMS).map((room) => room.split('/')[0]));
    expect(rooms.map(({ name }) => name).filter((name) => !held.has(name))).toEqual(WITHOUT_WALL);
  });

  it.each(Object.keys(ROOMS))('of %s refuse what the room must not know, and nothing else', (room) => {
    const of = (file: string) => faults.filter((fault) => fault.file === `src/${room}/${file}`);
    expect(of('forbidden.ts').map(({ rule }) => rule)).toEqual(['lint/style/noRestrictedImports']);
    expect(of('allowed.ts')).toEqual([]);
  });
});

/** What the linter says of a folder that is no checkout. */
async function lint(folder: string): Promise<Array<{ file: string; rule: string }>> {
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout } = await promisify(execFile)(BIOME, args, { cwd: folder }).catch(
    (refused: { stdout: string }) => refused,
  );
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: Array<{ category: string; location: { path: string | { file: string } } }>;
  };
  return diagnostics.map(({ category, location: { path } }) => ({
    file: typeof path === 'string' ? path : path.file,
    rule: category,
  }));
}
