import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { AuditCheck } from '../../src/audit/check.ts';
import type { WatcherConfig } from '../../src/config/config.ts';
import { accessOf } from '../../src/config/store-access.ts';
import { EVENT_NAMES } from '../../src/domain/event/event.ts';
import { ConfigError, StoreError } from '../../src/errors.ts';
import type { StoreFacts } from '../../src/store/ports/life.ts';
import type { OnceReport } from '../../src/watcher/once/report.ts';
import { aRoute, aWatch } from '../support/builders.ts';
import { readingStore } from '../support/reading-store.ts';
import { aConfig, cli } from './harness.ts';

describe('run and demo', () => {
  it('hands the checked configuration to the daemon and exits as it says', async () => {
    const config = aConfig();
    const started: unknown[] = [];
    const { code } = await cli(['run'], {
      config,
      parts: {
        runDaemon: async (given) => {
          started.push(given);
          return 7;
        },
      },
    });
    expect(code).toBe(7);
    expect(started).toEqual([config]);
  });

  it.each([
    [['demo'], false],
    [['demo', '--keep'], true],
  ])('%j keeps running: %s, and needs no configuration', async (argv, keep) => {
    const given: unknown[] = [];
    const runDemo = async (options: unknown) => {
      given.push(options);
      return 0;
    };
    const loadConfig = () => Promise.reject(new Error('there is none'));
    expect((await cli(argv, { parts: { runDemo, loadConfig } })).code).toBe(0);
    expect(given).toEqual([{ keep }]);
  });
});

describe('once', () => {
  const report: OnceReport = {
    watches: [
      {
        watch: 'orders',
        jobs: 3,
        states: { in_progress: 1, finished: 2 },
        events: ['Restore 6080…8293 of orders failed'],
        fault: null,
      },
      {
        watch: 'billing',
        jobs: 0,
        states: {},
        events: [],
        fault: { message: 'Atlas refuses the key', hint: 'Check it.' },
      },
    ],
    channels: [
      { channel: 'oncall', tried: 1, stillOwed: 0, held: 0, givenUp: 0, isHanging: false, fault: null },
      { channel: 'siem', tried: 2, stillOwed: 1, held: 0, givenUp: 1, isHanging: true, fault: null },
      { channel: 'dba', tried: 0, stillOwed: 0, held: 0, givenUp: 0, isHanging: false, fault: null },
    ],
    isComplete: false,
  };
  const run = (over: Partial<OnceReport>, ...argv: string[]) =>
    cli(['once', ...argv], { parts: { runOnce: async () => ({ ...report, ...over }) } });

  it('shows what was polled, what changed and what was sent', async () => {
    const { code, out } = await run({});
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      'WATCH    JOBS  STATES                     POLL',
      'orders   3     1 in progress, 2 finished  ok, 1 event',
      'billing  0                                failed: Atlas refuses the key',
      'hint: Check it.',
      '',
      '1 event:',
      '  Restore 6080…8293 of orders failed',
      '',
      'CHANNEL  SENDS',
      'oncall   1 tried',
      'siem     2 tried, 1 given up, 1 still owed, no answer in time: left for the next run',
      'dba      nothing was due',
      '',
    ]);
  });

  it('exits with 0 when everything was polled and delivered', async () => {
    const { code, out } = await run({ isComplete: true, watches: [{ ...report.watches[0]!, events: [] }] });
    expect(code).toBe(0);
    expect(out).toContain('Nothing has changed.');
  });

  it('prints the report as JSON', async () => {
    expect((await run({}, '--json')).json()).toEqual(report);
  });

  it('says with --no-store that nothing came of it', async () => {
    const lookOnce = async () => ({ ...report, channels: [], isComplete: true });
    const { code, out } = await cli(['once', '--no-store'], { parts: { lookOnce } });
    expect(code).toBe(0);
    expect(out).toMatch(/^orders +3 +1 in progress, 2 finished/m);
    expect(out).toMatch(/Nothing was recorded, and nobody was told\.\n$/);
  });
});

describe('check', () => {
  const sound: StoreFacts = {
    where: 'sqlite:./data/watcher.db',
    exists: true,
    schemaVersion: 1,
    inUse: true,
  };
  const inspectStore = async () => sound;

  it('fits 100 columns in a pipe and loses nothing, however many events a route takes', async () => {
    const config = aConfig({
      routes: [aRoute({ events: [...EVENT_NAMES], channels: ['oncall'] })],
      warnings: [{ path: 'watches[0].kind', message: 'something that is worth a word. '.repeat(5) }],
    });
    const { out } = await cli(['check'], { config, parts: { inspectStore } });
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    for (const name of EVENT_NAMES) expect(out).toContain(name);
    expect(out).toMatch(/\n {2}watches\[0\]\.kind: something .*\n {4}\S/);
  });

  it('says whom the test alert reaches, and route by route why it does not reach the others', async () => {
    const config = aConfig({
      testAlert: { schedule: '0 9 * * 1', event: 'failed', watch: 'orders', target: null },
      routes: [
        aRoute({ channels: ['oncall'], targetClusterNames: ['prod-*'] }),
        aRoute({ channels: ['siem'], targetClusterNames: ['stage-*'] }),
        aRoute({ channels: ['siem'], events: ['finished'] }),
      ],
    });
    const { out } = await cli(['check'], { config, parts: { inspectStore } });
    expect(out).toContain('failed of orders to prod-, 0 9 * * 1');
    expect(out).toMatch(/: reaches\s+oncall\n/);
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      'does not reach siem: routes[1]: targetClusterNames wants stage-*, it is prod-; routes[2]: events wants finished, it is failed',
    );
    const { json } = await cli(['check', '--json'], { config, parts: { inspectStore } });
    expect(json().testAlert).toMatchObject({ target: 'prod-', reached: ['oncall'] });
  });

  it('shows what would be watched, who would be told, and the store', async () => {
    const config = aConfig({
      watches: [aWatch(), aWatch({ name: 'billing', restoreJobIds: ['a', 'b'], scheduleIdle: '0 * * * *' })],
      routes: [
        { ...aConfig().routes[0]!, events: ['failed', 'expired'], channels: ['oncall', 'siem'] },
        aRoute({
          channels: ['siem'],
          watches: ['ord*'],
          labels: { team: 'payments' },
          severities: ['critical'],
          targetClusterNames: ['prod-*'],
        }),
      ],
    });
    const { code, out } = await cli(['check'], { config, parts: { inspectStore } });
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'The configuration is sound: watcher.config.json',
      '',
      'Connections',
      '  NAME   ATLAS                      LOGIN   REQUESTS',
      '  atlas  https://cloud.mongodb.com  digest  90 a minute',
      '',
      'Watches',
      '  NAME     KIND             PROJECT                   INSTANCE  JOBS     SCHEDULE',
      '  orders   serverless v1.0  64b0c1d2e3f4a5b6c7d8e9f0  orders    all      */30 * * * * * (every 30 s)',
      '  billing  serverless v1.0  64b0c1d2e3f4a5b6c7d8e9f0  orders    2 by id  */30 * * * * * (every 30 s)',
      '                                                                         | 0 * * * * (every 1 h)',
      '',
      'Channels',
      '  NAME    TYPE',
      '  oncall  slack',
      '  siem    webhook',
      '',
      'Routes',
      '  EVENTS           ONLY                                                       CHANNELS',
      '  failed, expired  all                                                        oncall, siem',
      '  *                watches ord*; team=payments; severity critical; to prod-*  siem',
      '',
      'Store',
      '  sqlite:./data/watcher.db: sound, schema version 1, in use by a daemon',
      '',
    ]);
  });

  it('shows the warnings, and still exits with 0', async () => {
    const warnings = [{ path: 'routes', message: 'no route takes failed' }];
    const { code, out } = await cli(['check'], { config: aConfig({ warnings }), parts: { inspectStore } });
    expect(code).toBe(0);
    expect(out).toContain('Warnings\n  routes: no route takes failed');
  });

  it('says that a configuration without channels tells nobody', async () => {
    const { out } = await cli(['check'], {
      config: aConfig({ channels: [], routes: [] }),
      parts: { inspectStore },
    });
    expect(out).toContain('Channels: none');
    expect(out).toContain('Routes: none');
  });

  it('is content without a database', async () => {
    const absent = async () => ({ ...sound, exists: false, schemaVersion: null, inUse: null });
    const { code, out } = await cli(['check'], { parts: { inspectStore: absent } });
    expect(code).toBe(0);
    expect(out).toContain('not there yet, the daemon makes it');
  });

  it('fails when the store cannot be used, and shows the configuration all the same', async () => {
    const broken = async () => {
      throw new StoreError('damaged', 'the file is damaged', { hint: 'Restore it from a backup.' });
    };
    const { code, out } = await cli(['check'], { parts: { inspectStore: broken } });
    expect(code).toBe(1);
    expect(out).toContain('Watches');
    expect(out).toContain(
      'Store: cannot be used\n  error: the file is damaged\n  hint: Restore it from a backup.',
    );
    expect((await cli(['check', '--json'], { parts: { inspectStore: broken } })).json()).toMatchObject({
      ok: false,
      store: { error: { code: 'store_damaged' } },
    });
  });

  it('shows no key and no address of a channel, in either form', async () => {
    for (const argv of [['check'], ['check', '--json']]) {
      const { out, err } = await cli(argv, { parts: { inspectStore } });
      expect(out + err).not.toContain('canary');
    }
  });

  it('prints JSON that holds the whole setup', async () => {
    const { json } = await cli(['check', '--json'], { parts: { inspectStore } });
    expect(json()).toMatchObject({
      ok: true,
      file: 'watcher.config.json',
      watches: [{ name: 'orders' }],
      channels: [{ name: 'oncall', type: 'slack' }, { name: 'siem' }],
      store: { exists: true, schemaVersion: 1 },
      server: { token: false },
    });
  });
});

describe('audit verify', () => {
  const sound: AuditCheck = {
    checked: [
      { what: 'store', where: 'sqlite:./data/watcher.db', entries: 12 },
      { what: 'file', where: './data/audit.jsonl', entries: 1 },
    ],
    head: { seq: 12, hash: 'abc' },
    problems: [],
    first: null,
    checkpoints: 0,
    notes: [],
  };

  it('says what it looked at and what the last entry is', async () => {
    const { code, out } = await cli(['audit', 'verify'], { parts: { verifyAudit: async () => sound } });
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'store  sqlite:./data/watcher.db: 12 entries',
      'file   ./data/audit.jsonl: 1 entry',
      'last sound entry  12, abc',
      'All as it was written.',
      '',
    ]);
  });

  it('lists every problem and exits with 1', async () => {
    const verifyAudit = async () => ({
      ...sound,
      problems: ['store: entry 3 was changed', 'file: entry 5 is missing'],
    });
    const { code, out } = await cli(['audit', 'verify'], { parts: { verifyAudit } });
    expect(code).toBe(1);
    expect(out).toContain('2 problems:\n  store: entry 3 was changed\n  file: entry 5 is missing');
    expect((await cli(['audit', 'verify', '--json'], { parts: { verifyAudit } })).json()).toMatchObject({
      ok: false,
      problems: [expect.any(String), expect.any(String)],
    });
  });

  it('says so when there is no log yet', async () => {
    const verifyAudit = async () => ({ ...sound, checked: [], head: null });
    expect(await cli(['audit', 'verify'], { parts: { verifyAudit } })).toMatchObject({
      code: 0,
      out: 'There is no audit log yet.\n',
    });
  });

  it.each([
    ['the configured file', [], { config: accessOf(aConfig()), files: ['./data/audit.jsonl'] }],
    [
      'another file alone where there is no configuration',
      ['--file', 'x.jsonl', '--config', 'none.json'],
      { config: null, files: ['x.jsonl'] },
    ],
    [
      'another file against the store',
      ['--file', 'x.jsonl', '--config', 'package.json'],
      { config: accessOf(aConfig()), files: ['x.jsonl'] },
    ],
  ])('verifies %s', async (_name, argv, request) => {
    const asked: unknown[] = [];
    const verifyAudit = async (given: unknown) => {
      asked.push(given);
      return sound;
    };
    await cli(['audit', 'verify', ...argv], { parts: { verifyAudit } });
    const isNoted = !argv.includes('--store');
    expect(asked).toEqual([{ ...request, key: null, checkpoints: [], witnesses: [], isNoted }]);
  });

  it('needs neither the secrets nor the rest of a configuration, only where store and file are', async () => {
    const access = { ...accessOf(aConfig()), fault: 'connections[0].auth: ATLAS_PUBLIC_KEY is not set' };
    const loadConfig = async () => {
      throw new ConfigError('watcher.config.json', [{ path: 'connections', message: 'missing' }]);
    };
    const parts = { verifyAudit: async () => sound, loadConfig, readAccess: async () => access };
    expect(await cli(['audit', 'verify'], { parts })).toMatchObject({ code: 0, err: '' });
  });

  it('verifies nothing in place of a mirror file of which it cannot be read where it lies', async () => {
    const fault = 'line 9, column 3: expected ":"';
    const access = { ...accessOf(aConfig()), audit: null, fault };
    const verifyAudit = async () => sound;
    const parts = { verifyAudit, readAccess: async () => access };
    const { code, err } = await cli(['audit', 'verify'], { parts });
    expect(code).toBe(2);
    expect(err).toContain(`audit.file cannot be read with certainty: ${fault}`);
    expect(await cli(['audit', 'verify', '--file', 'a.jsonl'], { parts })).toMatchObject({ code: 0 });
    expect(await cli(['audit', 'verify', '--store', 'sqlite:a.db'], { parts })).toMatchObject({
      code: 2,
      err: expect.stringContaining('Name it with --file'),
    });
  });
});

describe('--store', () => {
  it('reads the store that it names, and no configuration', async () => {
    const opened: string[] = [];
    const parts = {
      readAccess: () => Promise.reject(new Error('no configuration is needed')),
      openStore: async ({ store }: Pick<WatcherConfig, 'store'>) => {
        opened.push(store.url);
        return readingStore();
      },
    };
    for (const argv of [['jobs'], ['status'], ['mute', 'list'], ['audit', 'export']]) {
      await cli([...argv, '--store', 'sqlite:other.db'], { parts });
    }
    expect(opened).toEqual(Array(4).fill('sqlite:other.db'));
  });

  it('is refused where it names no store, or where there is none', async () => {
    expect(await cli(['jobs', '--store', 'other.db'])).toMatchObject({ code: 2 });
    expect(await cli(['jobs', '--store', 'sqlite:a.db', '--server', 'http://localhost'])).toMatchObject({
      code: 2,
    });
    const parts = {
      inspectStore: async () => ({ where: '/a.db', exists: false, schemaVersion: null, inUse: null }),
    };
    expect(await cli(['jobs', '--store', 'sqlite:a.db'], { parts })).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no database at /a.db'),
    });
  });
});

describe('healthcheck', () => {
  async function answering(status: number | null) {
    const paths: Array<string | undefined> = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      if (status !== null) response.writeHead(status).end('{}');
      else request.socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return { paths, port, close: () => server.close() };
  }

  it.each([
    [200, 0, '127.0.0.1'],
    [200, 0, '0.0.0.0'],
    [503, 1, '127.0.0.1'],
  ])('with an answer of %i exits with %i, the daemon being on %s', async (status, expected, host) => {
    const { paths, port, close } = await answering(status);
    const { code, out, err } = await cli(['healthcheck'], {
      config: aConfig({ server: { host, port, token: null, viewToken: null, publicBadges: false } }),
    });
    close();
    expect(code).toBe(expected);
    expect(paths).toEqual(['/healthz']);
    expect(expected === 0 ? out : err).toContain(expected === 0 ? 'alive' : `answers ${status}`);
  });

  it('exits with 1 when the connection breaks, or nobody listens', async () => {
    const { port, close } = await answering(null);
    const config = aConfig({
      server: { host: '127.0.0.1', port, token: null, viewToken: null, publicBadges: false },
    });
    expect(await cli(['healthcheck'], { config })).toMatchObject({
      code: 1,
      err: expect.stringContaining(`no daemon answers at http://127.0.0.1:${port}/healthz: ECONNRESET`),
    });
    close();
    expect(await cli(['healthcheck'], { config })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/ECONNREFUSED\nhint: Start it with "restore-watcher run"/),
    });
  });

  it('says so where the daemon takes any free port', async () => {
    const config = aConfig({
      server: { host: '127.0.0.1', port: 0, token: null, viewToken: null, publicBadges: false },
    });
    const { code, err } = await cli(['healthcheck'], { config });
    expect(code).toBe(2);
    expect(err).toContain('any free port');
    expect(err).toContain('hint: Give `server.port` a number');
  });
});

describe('schema', () => {
  it('prints the schema as it is, with one line break at its end', async () => {
    for (const text of ['{"a": 1}', '{"a": 1}\n']) {
      expect(await cli(['schema'], { parts: { jsonSchema: () => text } })).toMatchObject({
        code: 0,
        out: '{"a": 1}\n',
      });
    }
  });
});
