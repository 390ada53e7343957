import { PassThrough } from 'node:stream';
import { runCli } from '../../src/cli/index.ts';
import type { CliParts, OutputStream, RemoteDaemon } from '../../src/cli/parts.ts';
import type { WatcherConfig } from '../../src/config/config.ts';
import { accessOf } from '../../src/config/store-access.ts';
import { WatcherError } from '../../src/errors.ts';
import { aRoute, aWatch, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import type { ReadingStore } from '../support/reading-store.ts';

/** The moment at which every command of these tests is given. */
export const NOW = T0 + 3_600_000;

export function aConfig(over: Partial<WatcherConfig> = {}): WatcherConfig {
  return {
    file: 'watcher.config.json',
    connections: [
      {
        name: 'atlas',
        baseUrl: 'https://cloud.mongodb.com',
        auth: { type: 'digest', publicKey: 'canary-public', privateKey: 'canary-private' },
        requestTimeoutMs: 10_000,
        retries: 4,
        requestsPerMinute: 90,
        caFile: null,
      },
    ],
    watches: [aWatch()],
    channels: [
      {
        name: 'oncall',
        type: 'slack',
        url: 'https://hooks.slack.com/canary-hook',
        timeZone: null,
        digest: null,
        caFile: null,
        timeoutMs: 30_000,
        template: null,
      },
      {
        name: 'siem',
        type: 'webhook',
        url: 'https://siem/canary',
        secret: null,
        headers: {},
        caFile: null,
        timeoutMs: 30_000,
      },
    ],
    routes: [aRoute({ channels: ['siem'] })],
    testAlert: null,
    keepMs: null,
    publicUrl: null,
    runbookUrl: null,
    fallbacks: [],
    drills: [],
    store: { url: 'sqlite:./data/watcher.db' },
    audit: {
      file: './data/audit.jsonl',
      checkpoints: './data/audit.checkpoints',
      checkpointEveryMs: 3_600_000,
      origin: null,
      key: { file: './data/watcher.db.audit-key', isGiven: false },
      keepMs: null,
      witnesses: [],
      witnessFor: [],
    },
    server: { host: '127.0.0.1', port: 8080, token: null, viewToken: null, publicBadges: false },
    heartbeat: null,
    log: { level: 'info', format: 'json' },
    warnings: [],
    secrets: ['canary-private'],
    text: '{}',
    sha256: 'd'.repeat(64),
    agreement: 'e'.repeat(64),
    files: new Map(),
    ...over,
  };
}

export interface RunOptions {
  config?: WatcherConfig;
  /** `null`: there is no database. */
  store?: ReadingStore | null;
  parts?: Partial<CliParts>;
  /** Pretends that standard output is a terminal so wide. */
  terminal?: number;
  env?: Record<string, string>;
}

export interface Run {
  code: number;
  out: string;
  err: string;
  /** Standard output, read as JSON. */
  json: () => Record<string, unknown> & { items: Array<Record<string, unknown>> };
}

/** Gives one command line and returns what it wrote. A part that the test does not give refuses to be used. */
export async function cli(argv: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { config = aConfig(), store = null, terminal } = options;
  const out = new PassThrough() as PassThrough & OutputStream;
  const err = new PassThrough();
  if (terminal !== undefined) Object.assign(out, { isTTY: true, columns: terminal });
  const written = [text(out), text(err)];
  const refuse = (): never => {
    throw new Error('this command has no business with that part');
  };
  const code = await runCli(argv, {
    stdout: out,
    stderr: err,
    env: options.env ?? {},
    clock: createManualClock(NOW),
    systemUser: () => 'ann',
    version: '1.2.3',
    loadConfig: async () => config,
    loadDraft: refuse,
    survey: refuse,
    readAccess: async (file) => accessOf(await (options.parts?.loadConfig?.(file) ?? config)),
    readServer: async (file) => (await (options.parts?.loadConfig?.(file) ?? config)).server,
    // Nobody listens where the configuration says.
    connectDaemon: () => ({
      status: () => Promise.reject(new WatcherError('daemon_unreachable', 'no answer (ECONNREFUSED)')),
      telling: refuse,
      records: { close: async () => {} } as RemoteDaemon['records'],
    }),
    openStore: async () => store,
    inspectStore: async () => ({ where: 'watcher.db', exists: true, schemaVersion: 1, inUse: true }),
    moveStore: refuse,
    diagnose: refuse,
    tryHeartbeat: async () => null,
    createNotifier: refuse,
    projectUrl: () => null,
    runDaemon: refuse,
    runOnce: refuse,
    lookOnce: refuse,
    inForeground: refuse,
    runDemo: refuse,
    verifyAudit: refuse,
    proveJob: refuse,
    checkProofs: refuse,
    jsonSchema: refuse,
    ...options.parts,
  });
  out.end();
  err.end();
  const [stdout = '', stderr = ''] = await Promise.all(written);
  return { code, out: stdout, err: stderr, json: () => JSON.parse(stdout) };
}

async function text(stream: PassThrough): Promise<string> {
  let all = '';
  for await (const chunk of stream.setEncoding('utf8')) all += chunk;
  return all;
}
