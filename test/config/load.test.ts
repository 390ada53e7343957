import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WatcherConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { HOUR } from '../support/builders.ts';
import { aConfigFile, aWatchEntry, load, writeConfig } from './config-file.ts';

const auth = { type: 'digest', publicKey: 'public-key', privateKey: 'private-key' };
const email = {
  name: 'dba',
  type: 'email',
  smtpUrl: 'smtps://mail.example.com',
  from: 'restores@example.com',
  to: ['dba@example.com'],
};

const oldIn = ({ warnings }: WatcherConfig): string[] =>
  warnings.flatMap(({ message }) => message.match(/^.* is the old file/) ?? []);

/** A place for a configuration, with another beside it. */
function onDisk(): { file: string; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'restore-watcher-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const name of ['watcher.config.json', 'other.json']) writeFileSync(join(directory, name), '{}');
  return { file: join(directory, 'watcher.config.json'), directory };
}

describe('a sound configuration', () => {
  it.runIf(process.platform === 'linux')(
    'is warned of, itself and its secrets, when only this process still sees the file',
    async () => {
      const { file, directory } = onDisk();
      const secret = join(directory, 'key');
      writeFileSync(secret, 'a-private-key');
      const held = [file, secret].map((path) => openSync(path, 'r'));
      onTestFinished(() => held.forEach(closeSync));
      const [config = '', key = ''] = held.map((descriptor) => `/proc/self/fd/${descriptor}`);
      const text = JSON.stringify(
        aConfigFile({
          connections: [{ name: 'atlas', auth: { ...auth, privateKey: `\${file:${key}}` } }],
        }),
      );
      writeFileSync(file, text);
      const warned = async () => oldIn(await loadConfig(config, { env: {} }));
      expect(await warned()).toEqual([]);

      rmSync(secret);
      renameSync(join(directory, 'other.json'), file);
      expect(await warned()).toEqual([`${config} is the old file`, `${key} is the old file`]);
      const again = await loadConfig(config, { env: {}, text });
      expect(oldIn(again)).toEqual([`${key} is the old file`]);
    },
  );

  it('needs connections and watches only, and gets a default for all else', async () => {
    const config = await load(aConfigFile({ channels: undefined, routes: undefined }));
    expect(config).toMatchObject({
      connections: [
        {
          name: 'atlas',
          baseUrl: 'https://cloud.mongodb.com',
          auth,
          requestTimeoutMs: 10_000,
          retries: 4,
          requestsPerMinute: 90,
          caFile: null,
        },
      ],
      watches: [
        {
          name: 'orders',
          connection: 'atlas',
          kind: 'serverless',
          apiVersion: 'v1.0',
          groupId: '5f0e1d2c3b4a596877665544',
          instanceName: 'orders',
          restoreJobIds: [],
          schedule: '*/30 * * * * *',
          scheduleIdle: null,
          isScheduleDefault: true,
          exclude: [],
          cedes: [],
          announceExisting: false,
          labels: {},
        },
      ],
      channels: [],
      routes: [],
      store: { url: 'sqlite:./data/watcher.db' },
      keepMs: 400 * 24 * HOUR,
      publicUrl: null,
      runbookUrl: null,
      audit: {
        file: './data/audit.jsonl',
        checkpoints: './data/audit.checkpoints',
        checkpointEveryMs: HOUR,
        origin: null,
        key: { file: './data/watcher.db.audit-key', isGiven: false },
      },
      server: { host: '127.0.0.1', port: 8080, token: null, viewToken: null },
      log: { level: 'info', format: 'json' },
    });
  });

  it('takes the words of a template from the configuration or from a file', async () => {
    const template = { title: '{{ event.name }}', bodyFile: 'test/fixtures/config/body.liquid' };
    const { channels } = await load(aConfigFile({ channels: [{ ...email, template }], routes: undefined }));
    expect(channels[0]).toMatchObject({
      template: {
        title: '{{ event.name }}',
        body: '{{ message.advice }}\nSince {{ event.occurredAt | time }}\n',
      },
    });
  });

  it('reads a file once, so that what it uses is what it has checked', async () => {
    const channels = [{ ...email, template: { bodyFile: 'b.liquid' } }];
    const file = await writeConfig(JSON.stringify(aConfigFile({ channels, routes: undefined })));
    const contents = ['checked', '{{ not checked'];
    const config = await loadConfig(file, { env: {}, readFile: async () => contents.shift() ?? '' });
    expect(config.channels[0]).toMatchObject({ template: { title: null, body: 'checked' } });
  });

  it('may log in with a service account', async () => {
    const account = { type: 'serviceAccount', clientId: 'mdb_sa_id_1', clientSecret: 'mdb_sa_sk_canary' };
    const config = await load(aConfigFile({ connections: [{ name: 'atlas', auth: account }] }));
    expect(config.connections[0]?.auth).toEqual(account);
    expect(config.secrets).toContain('mdb_sa_sk_canary');
  });

  it('takes the time that an attempt may take on a channel', async () => {
    const { channels } = await load(
      aConfigFile({
        channels: [
          { name: 'siem', type: 'webhook', url: 'https://siem.example.com/hook', timeout: '90s' },
          { name: 'dba', type: 'email', smtpUrl: 'smtp://mail', from: 'a@b', to: ['c@d'], timeout: '2m' },
        ],
      }),
    );
    expect(channels.map(({ timeoutMs }) => timeoutMs)).toEqual([90_000, 120_000]);
  });

  it('fills in what channels and routes leave out', async () => {
    const config = await load(
      aConfigFile({
        channels: [
          { name: 'oncall', type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x' },
          email,
          { name: 'siem', type: 'webhook', url: 'https://siem.example.com/hook' },
          { name: 'pager', type: 'pagerduty', routingKey: '0123456789abcdef0123456789abcdef' },
          { name: 'team', type: 'msteams', url: 'https://flows.example.com/run?sig=x' },
        ],
        routes: [{ events: ['*'], channels: ['oncall', 'dba', 'siem', 'pager', 'team'] }],
      }),
    );
    expect(config.channels).toEqual([
      {
        name: 'oncall',
        type: 'slack',
        url: 'https://hooks.slack.com/services/T0/B0/x',
        timeZone: null,
        digest: null,
        caFile: null,
        publicUrl: null,
        timeoutMs: 30_000,
        template: null,
      },
      {
        ...email,
        timeZone: null,
        digest: null,
        requireTls: false,
        caFile: null,
        publicUrl: null,
        timeoutMs: null,
        template: null,
      },
      {
        name: 'siem',
        type: 'webhook',
        url: 'https://siem.example.com/hook',
        secret: null,
        headers: {},
        caFile: null,
        publicUrl: null,
        timeoutMs: 30_000,
      },
      {
        name: 'pager',
        type: 'pagerduty',
        routingKey: '0123456789abcdef0123456789abcdef',
        url: 'https://events.pagerduty.com/v2/enqueue',
        caFile: null,
        publicUrl: null,
        timeoutMs: 30_000,
        template: null,
      },
      {
        name: 'team',
        type: 'msteams',
        url: 'https://flows.example.com/run?sig=x',
        timeZone: null,
        digest: null,
        caFile: null,
        publicUrl: null,
        timeoutMs: 30_000,
        template: null,
      },
    ]);
    expect(config.routes[0]).toEqual({
      events: ['*'],
      channels: ['oncall', 'dba', 'siem', 'pager', 'team'],
      watches: null,
      labels: null,
      kinds: null,
      deliveryTypes: null,
      instanceNames: null,
      crossProject: null,
      severities: null,
      targetClusterNames: null,
      remindEveryMs: null,
    });
  });

  it('agrees with another that says the same, whatever its comments, its white space and the order of its members', async () => {
    const directory = onDisk();
    const agreementOf = async (text: string): Promise<string> => {
      writeFileSync(directory.file, text);
      return (await loadConfig(directory.file, { env: {} })).agreement;
    };
    const config = aConfigFile({ store: { url: 'sqlite:./a.db' } }) as Record<string, unknown>;
    const one = await agreementOf(JSON.stringify(config));
    const reversed = Object.fromEntries(Object.entries(config).toReversed());
    expect(await agreementOf(`// a comment\n${JSON.stringify(reversed, null, 4)}`)).toBe(one);
    expect(await agreementOf(JSON.stringify({ ...config, log: { level: 'debug' } }))).not.toBe(one);
  });

  it('may hold comments and trailing commas', async () => {
    const plain = JSON.stringify(aConfigFile({ log: { level: 'warn' } }), null, 2);
    const commented = plain
      .replace('"connections"', '// Atlas, "our" account: {\n  "connections"')
      .replaceAll('"orders"', '/* the shop\'s ${ORDERS} */ "orders"');
    const trailing = plain.replaceAll(/(?<=[\]}"])(?=\s*\n\s*[\]}])/g, ',');
    expect(trailing).toContain('"log": {\n    "level": "warn",\n  },\n}');
    const sound = await load(JSON.parse(plain));
    for (const text of [commented, trailing]) {
      const { watches, log } = await loadConfig(await writeConfig(text), { env: {} });
      expect({ watches, log }).toEqual({ watches: sound.watches, log: sound.log });
    }
  });

  it('fills in what a test alert leaves out: a failed restore of the first watch', async () => {
    const { testAlert } = await load(aConfigFile({ testAlert: { schedule: ' 0 9 * * 1 ' } }));
    expect(testAlert).toEqual({ schedule: '0 9 * * 1', event: 'failed', watch: 'orders', target: null });
    expect((await load(aConfigFile({}))).testAlert).toBeNull();
  });

  it('knows which channel stands in for which, and after how long', async () => {
    const config = await load(
      aConfigFile({
        channels: [
          { name: 'pager', type: 'pagerduty', routingKey: '0'.repeat(32), fallback: 'siem' },
          {
            name: 'siem',
            type: 'webhook',
            url: 'https://siem.example.com',
            fallback: 'dba',
            fallbackAfter: '1h',
          },
          email,
        ],
        routes: [{ events: ['*'], channels: ['pager'] }],
      }),
    );
    expect(config.fallbacks).toEqual([
      { channel: 'pager', fallback: 'siem', afterMs: 600_000 },
      { channel: 'siem', fallback: 'dba', afterMs: 3_600_000 },
    ]);
    // A channel that stands in is used.
    expect(config.warnings.filter(({ path }) => path.startsWith('channels'))).toEqual([]);
  });

  it('has a heartbeat where it is asked for', async () => {
    const url = 'https://beats.example.com/x';
    expect((await load(aConfigFile())).heartbeat).toBeNull();
    expect((await load(aConfigFile({ heartbeat: { url } }))).heartbeat).toEqual({
      url,
      everyMs: 60_000,
      failUrl: null,
      caFile: null,
      checkpoint: false,
    });
    const caFile = 'test/fixtures/config/ca.pem';
    const whole = { url, every: '5m', failUrl: `${url}/fail`, caFile, checkpoint: true };
    const { heartbeat } = await load(aConfigFile({ heartbeat: whole }));
    expect(heartbeat).toEqual({ url, everyMs: 300_000, failUrl: `${url}/fail`, caFile, checkpoint: true });
  });

  it('has its spans in milliseconds', async () => {
    const config = await load(
      aConfigFile({
        connections: [{ name: 'atlas', auth, requestTimeout: '500ms' }],
        watches: [aWatchEntry({ announceExisting: '24h' })],
      }),
    );
    expect(config.connections[0]?.requestTimeoutMs).toBe(500);
    expect(config.watches[0]?.announceExisting).toBe(86_400_000);
  });

  it.each([
    ['Atlas', 'https://cloud.mongodb.com', undefined, 'v2'],
    ['Atlas, v1.0', 'https://cloud.mongodb.com/', 'v1.0', 'v1.0'],
    ['Atlas for Government', 'https://cloud.mongodbgov.com', undefined, 'v2'],
    ['a stand-in for Atlas', 'http://127.0.0.1:3000', undefined, 'v2'],
    ['Cloud Manager, by its path', 'https://cloud.mongodb.com/api/public/v1.0', undefined, 'public'],
    ['Cloud Manager, by what it calls v1.0', 'https://cloud.mongodb.com/api/public/v1.0', 'v1.0', 'public'],
    ['a stand-in for Ops Manager', 'http://127.0.0.1:3000/api/public/v1.0/', undefined, 'public'],
    ['Ops Manager, by its host', 'https://om.example.com:8443', undefined, 'public'],
    ['Ops Manager, by what it calls v1.0', 'https://om.example.com:8443', 'v1.0', 'public'],
    ['a host that only ends like one of Atlas', 'https://notmongodb.com', undefined, 'public'],
    ['a gateway to Atlas, by its path', 'https://gate.example.com/api/atlas/v2', undefined, 'v2'],
    ['a gateway to Atlas, by the version', 'https://gate.example.com', 'v2', 'v2'],
  ])(
    'reads legacy jobs from the API that the address stands for: %s',
    async (_, baseUrl, apiVersion, used) => {
      const connections = [
        { name: 'other', auth },
        { name: 'atlas', auth, baseUrl },
      ];
      const legacy = { connection: 'atlas', kind: 'legacy', ...(apiVersion ? { apiVersion } : {}) };
      const watches = [aWatchEntry(legacy), aWatchEntry({ name: 'sls', connection: 'other' })];
      const config = await load(aConfigFile({ connections, watches }));
      expect(config.watches.map((watch) => watch.apiVersion)).toEqual([used, 'v1.0']);
    },
  );

  it('reads every other kind from Atlas, whatever the address', async () => {
    const connections = [{ name: 'atlas', auth, baseUrl: 'https://gate.example.com' }];
    const kinds = ['serverless', 'flex', 'cluster', 'collection'];
    const watches = kinds.map((kind) => aWatchEntry({ name: kind, kind }));
    const config = await load(aConfigFile({ connections, watches }));
    expect(config.watches.map(({ apiVersion }) => apiVersion)).toEqual(['v1.0', 'v2', 'v2', 'v2']);
  });

  it.each([
    ['https://cloud.mongodb.com/', 'https://cloud.mongodb.com'],
    ['https://cloud.mongodb.com/api/atlas/v1.0/', 'https://cloud.mongodb.com'],
    ['https://cloud.mongodb.com/api/atlas/v2', 'https://cloud.mongodb.com'],
    ['https://proxy.example.com/atlas/', 'https://proxy.example.com/atlas'],
    ['https://om.example.com:8443/api/public/v1.0', 'https://om.example.com:8443'],
    ['https://cloud.mongodb.com/api/oauth/token', 'https://cloud.mongodb.com'],
    [
      'https://cloud.mongodb.com/api/atlas/v2/groups/5f0e1d2c3b4a596877665544/clusters',
      'https://cloud.mongodb.com',
    ],
    ['https://cloud.mongodb.com/api/private/ipinfo/', 'https://cloud.mongodb.com'],
    ['https://cloud.mongodb.com/v2/5f0e1d2c3b4a596877665544', 'https://cloud.mongodb.com'],
    ['https://gate.example.com/atlas', 'https://gate.example.com/atlas'],
    ['https://gate.example.com/atlas/api/atlas/v2/groups', 'https://gate.example.com/atlas'],
    ['https://gate.example.com/atlas/api/oauth/token', 'https://gate.example.com/atlas'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('has the base of its addresses without what the watcher adds: %s', async (baseUrl, expected) => {
    const config = await load(aConfigFile({ connections: [{ name: 'atlas', auth, baseUrl }] }));
    expect(config.connections[0]?.baseUrl).toBe(expected);
  });

  it('writes ids as Atlas does, each once', async () => {
    const id = '60800A1B2C3D4E5F60718293';
    const watches = [
      aWatchEntry({ groupId: '5F0E1D2C3B4A596877665544', restoreJobIds: [id, id.toLowerCase()] }),
    ];
    const {
      watches: [watch],
      warnings,
    } = await load(aConfigFile({ watches }));
    expect(watch).toMatchObject({ groupId: '5f0e1d2c3b4a596877665544', restoreJobIds: [id.toLowerCase()] });
    expect(warnings).toContainEqual({
      path: 'watches[0].restoreJobIds[1]',
      message: 'stands here twice',
      line: expect.any(Number),
    });
  });

  it('accepts plain http beyond loopback where it is told to', async () => {
    const config = await load(
      aConfigFile({
        connections: [{ name: 'atlas', auth, baseUrl: 'http://atlas.example.com', allowHttp: true }],
        channels: [{ name: 'siem', type: 'webhook', url: 'http://siem.example.com', allowHttp: true }],
      }),
    );
    expect(config.connections[0]?.baseUrl).toBe('http://atlas.example.com');
  });

  it('reads numbers and true out of variables where those are wanted', async () => {
    const content = aConfigFile({
      connections: [{ name: 'atlas', auth, retries: '${RETRIES}', allowHttp: '${HTTP}' }],
      watches: [aWatchEntry({ groupId: '${GROUP}', announceExisting: '${ALL}' })],
      server: { port: '${PORT:-9090}' },
    });
    const env = { RETRIES: '2', HTTP: 'true', ALL: 'true', GROUP: '123456789012345678901234' };
    const config = await load(content, env);
    expect(config.connections[0]?.retries).toBe(2);
    expect(config.watches[0]).toMatchObject({ groupId: '123456789012345678901234', announceExisting: true });
    expect(config.server.port).toBe(9090);
  });

  it.each(['08080', '-08', '1e3', '0x10', '1.'])(
    'refuses %s out of a variable as a port, and names it',
    async (PORT) => {
      const refused = load(aConfigFile({ server: { port: '${PORT}' } }), { PORT });
      await expect(refused).rejects.toMatchObject({
        issues: [{ path: 'server.port', message: expect.stringContaining('expected a port from 0') }],
      });
    },
  );

  it('takes an empty secret or token for none', async () => {
    const channels = [
      { name: 'siem', type: 'webhook', url: 'https://siem.example.com', secret: '${SECRET:-}' },
    ];
    const config = await load(aConfigFile({ channels, server: { token: '${TOKEN:-}' } }));
    expect(config.channels[0]).toMatchObject({ secret: null });
    expect(config.server.token).toBeNull();
  });

  it('names its file, and its content by a digest that placeholders do not change', async () => {
    const text = JSON.stringify(aConfigFile({ server: { port: '${PORT}' } }));
    const file = await writeConfig(text);
    const first = await loadConfig(file, { env: { PORT: '1' } });
    const second = await loadConfig(file, { env: { PORT: '2' } });
    expect(first.file).toBe(file);
    expect(first.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(second.sha256).toBe(first.sha256);
  });

  it('may begin with a byte order mark', async () => {
    const file = await writeConfig(`\uFEFF${JSON.stringify(aConfigFile())}`);
    await expect(loadConfig(file, { env: {} })).resolves.toMatchObject({ server: { port: 8080 } });
  });

  it('trusts a private CA from a PEM file', async () => {
    const caFile = 'test/fixtures/config/ca.pem';
    const config = await load(aConfigFile({ connections: [{ name: 'atlas', auth, caFile }] }));
    expect(config.connections[0]?.caFile).toBe(caFile);
  });

  it('opens its server to others with a token', async () => {
    const server = { host: '[::]', token: 'a-token-that-is-long-enough' };
    const config = await load(aConfigFile({ server }));
    expect(config.server).toMatchObject({ host: '::', port: 8080, token: 'a-token-that-is-long-enough' });
  });
});

describe('the secrets of a configuration', () => {
  it('are gathered from everywhere, in the forms in which they may turn up', async () => {
    const { secrets } = await load(
      aConfigFile({
        channels: [
          { name: 'oncall', type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/slack-token-123456' },
          { ...email, smtpUrl: 'smtps://user:p%40ss%2Fword@mail.example.com' },
          {
            name: 'siem',
            type: 'webhook',
            url: 'https://siem.example.com/in/url-token-1234567?key=query-token-12345',
            secret: 'whsec_c2VjcmV0LWtleQ==',
            headers: { authorization: 'Bearer header-token', 'x-key': 'plain-header' },
          },
          { name: 'pager', type: 'pagerduty', routingKey: 'pager0123456789abcdef0123456789a' },
          { name: 'team', type: 'msteams', url: 'https://flows.example.com/run?sp=1&sig=teams-sig-1234567' },
        ],
        routes: [{ events: ['*'], channels: ['oncall', 'dba', 'siem', 'pager', 'team'] }],
        server: { token: 'server-token-123456' },
        heartbeat: {
          url: 'https://beats.example.com/beat-token-123456',
          failUrl: 'https://x.example.com/fail-token-123456',
        },
      }),
    );
    expect(secrets).toEqual(
      expect.arrayContaining([
        'public-key',
        'private-key',
        'https://hooks.slack.com/services/T0/B0/slack-token-123456',
        '/services/T0/B0/slack-token-123456',
        'slack-token-123456',
        'smtps://user:p%40ss%2Fword@mail.example.com',
        'p%40ss%2Fword',
        'p@ss/word',
        'https://siem.example.com/in/url-token-1234567?key=query-token-12345',
        'url-token-1234567',
        'query-token-12345',
        'whsec_c2VjcmV0LWtleQ==',
        'c2VjcmV0LWtleQ==',
        'pager0123456789abcdef0123456789a',
        'https://flows.example.com/run?sp=1&sig=teams-sig-1234567',
        'teams-sig-1234567',
        'Bearer header-token',
        'header-token',
        'plain-header',
        'server-token-123456',
        'beat-token-123456',
        'fail-token-123456',
      ]),
    );
    expect(secrets).not.toContain('/');
    expect(secrets).not.toContain('');
  });

  it('include all that comes from a file', async () => {
    const file = await writeConfig(
      JSON.stringify(
        aConfigFile({ watches: [aWatchEntry({ labels: { key: '${file:/run/secrets/label}' } })] }),
      ),
    );
    const { secrets } = await loadConfig(file, { env: {}, readFile: async () => 'label-secret\n' });
    expect(secrets).toContain('label-secret');
  });
});
