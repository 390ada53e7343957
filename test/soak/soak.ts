import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { fail, finish, newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { startSmtpSink } from '../../src/simulator/receivers/smtp-sink.ts';
import { GROUP_ID } from '../support/builders.ts';
import { type Daemon, type Home, makeHome, startDaemon } from '../support/daemon.ts';
import type { Sample } from './probe.ts';

export interface SoakOptions {
  /** How long it goes on. */
  seconds: number;
  watches: number;
  reloadEverySeconds: number;
  sampleEveryMs: number;
  log?: (text: string) => void;
}

/** What a daemon was like after a long time of everything changing. */
export interface SoakReport {
  samples: Sample[];
  reloads: number;
  requests: number;
  /** From SIGTERM to its end, in milliseconds. */
  stopMs: number;
  exitCode: number | null;
  /** Errors of the log that tell of a fault of our own. */
  surprises: string[];
}

const CALM_MS = 3_500;

const PROBE = fileURLToPath(new URL('./probe.ts', import.meta.url));

/**
 * Lets a daemon with many watches live while Atlas and the receivers come and go, jobs begin and end, and the configuration is changed
 * and reloaded again and again; then ends it.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, watches, log = () => {} } = options;
  const atlas = await startAtlas({ publicKey: 'public', privateKey: 'private' });
  for (const name of namesOf(watches)) atlas.addInstance(GROUP_ID, name);
  const receiver = await startMoodyReceiver();
  const sink = await startSmtpSink();
  const home = await makeHome(configuration(atlas, receiver.url, sink.url, watches, 0));
  const samplesFile = join(home.dir, 'samples.jsonl');
  const daemon = startDaemon(home, {
    NODE_OPTIONS: `--import=${PROBE}`,
    SOAK_SAMPLES: samplesFile,
    SOAK_EVERY_MS: String(options.sampleEveryMs),
  });
  try {
    await daemon.url;
    const ended = daemon.exited.then(() => {
      throw new Error(`the daemon ended by itself:\n${daemon.output().slice(-4_000)}`);
    });
    const over = delay(seconds * 1_000);
    let reloads = 0;
    const stop = new AbortController();
    const busy = Promise.all([
      again(stop.signal, 300, () => changeJobs(atlas, watches)),
      again(stop.signal, 1_500, () => changeWeather(atlas)),
      again(stop.signal, options.reloadEverySeconds * 1_000, async () => {
        reloads += 1;
        await reload(home, daemon, configuration(atlas, receiver.url, sink.url, watches, reloads));
        log(`reload ${reloads}, ${atlas.requests.length} requests`);
      }),
    ]);
    await Promise.race([over, ended, busy]);
    stop.abort();
    await busy;
    // What is in hand is finished first, and a hanging request would be waited for.
    atlas.setFault(null);
    receiver.calm();
    await delay(CALM_MS);
    const begunAt = performance.now();
    const { code } = await daemon.kill('SIGTERM');
    return {
      samples: (await readFile(samplesFile, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Sample),
      reloads,
      requests: atlas.requests.length,
      stopMs: Math.round(performance.now() - begunAt),
      exitCode: code,
      surprises: surprisesIn(daemon),
    };
  } finally {
    if (daemon.child.exitCode === null && daemon.child.signalCode === null) await daemon.kill('SIGKILL');
    await Promise.all([atlas.close(), receiver.close(), sink.close()]);
    await home.remove();
  }
}

/** What each figure was like early, after the warm-up, and late: the middle of each of these thirds. */
export function trendOf(
  samples: readonly Sample[],
  figure: Exclude<keyof Sample, 'atSeconds'>,
): [early: number, late: number] {
  const values = samples.map((sample) => sample[figure]);
  const third = Math.floor(values.length / 3);
  return [median(values.slice(third, 2 * third)), median(values.slice(-third))];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function again(signal: AbortSignal, everyMs: number, act: () => unknown): Promise<void> {
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await act();
  }
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `instance-${index}`);
}

const running: Array<{ instance: string; id: string }> = [];

function changeJobs(atlas: AtlasSimulator, watches: number): void {
  const instance = one(namesOf(watches));
  const createdAt = Date.now();
  const id = newJobId(createdAt);
  atlas.putJob(GROUP_ID, instance, serverlessJob({ id, createdAt, instance }));
  running.push({ instance, id });
  if (running.length < 10) return;
  const job = running.shift();
  if (job) atlas.updateJob(GROUP_ID, job.instance, job.id, one([finish, fail])(Date.now()));
}

function changeWeather(atlas: AtlasSimulator): void {
  atlas.setFault(
    one([
      ...Array<null>(9).fill(null),
      { kind: 'status', status: 500 },
      { kind: 'status', status: 503, retryAfter: 1 },
      { kind: 'reset' },
      { kind: 'truncate' },
      { kind: 'html' },
      { kind: 'slow', ms: 700 },
      { kind: 'hang' },
    ] as const),
  );
}

async function reload({ configFile }: Home, daemon: Daemon, config: Record<string, unknown>): Promise<void> {
  const before = JSON.parse(await readFile(configFile, 'utf8')) as Record<string, unknown>;
  await writeFile(`${configFile}.new`, JSON.stringify({ ...before, ...config }));
  await rename(`${configFile}.new`, configFile);
  daemon.child.kill('SIGHUP');
}

/** At each turn some watches are gone, others begin anew, and channels change. */
function configuration(
  atlas: AtlasSimulator,
  url: string,
  smtpUrl: string,
  watches: number,
  turn: number,
): Record<string, unknown> {
  return {
    connections: [
      {
        name: 'atlas',
        baseUrl: atlas.url,
        auth: { type: 'digest', publicKey: 'public', privateKey: 'private' },
        requestsPerMinute: 100_000,
        requestTimeout: turn % 2 === 0 ? '2s' : '3s',
        retries: 1,
      },
    ],
    watches: namesOf(watches)
      .filter((_, index) => index % 7 !== turn % 7)
      .map((name, index) => ({
        name,
        kind: 'serverless',
        groupId: GROUP_ID,
        instanceName: name,
        schedule: '* * * * * *',
        failingAfter: '10s',
        stalledAfter: '5s',
        labels: index % 5 === turn % 5 ? { turn: String(turn) } : {},
      })),
    channels: [
      { name: 'webhook', type: 'webhook', url: `${url}/webhook` },
      {
        name: 'slack',
        type: 'slack',
        url: `${url}/slack`,
        timeZone: turn % 3 === 0 ? 'Europe/Berlin' : 'UTC',
      },
      { name: 'pager', type: 'pagerduty', routingKey: 'R'.repeat(32), url: `${url}/pager` },
      { name: 'mail', type: 'email', smtpUrl, from: 'restores@example.com', to: ['dba@example.com'] },
    ],
    routes: [{ events: ['*'], channels: ['webhook', 'slack', 'pager', 'mail'] }],
    log: { level: 'info', format: 'json' },
  };
}

/** Accepts, refuses, cuts and hangs, as it likes. */
async function startMoodyReceiver(): Promise<{ url: string; calm: () => void; close: () => Promise<void> }> {
  let isCalm = false;
  const moods: ReadonlyArray<(response: ServerResponse) => unknown> = [
    ...Array<(response: ServerResponse) => unknown>(8).fill((response) => response.writeHead(200).end('ok')),
    (response) => response.writeHead(500).end('no'),
    (response) => response.writeHead(400).end('never'),
    (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
    (response) => response.socket?.destroy(),
    (response) => setTimeout(() => response.writeHead(202).end('{"status":"success"}'), 2_000),
  ];
  const server: Server = createServer((request, response) => {
    request.resume();
    request.once('end', () => one(isCalm ? moods.slice(0, 1) : moods)(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calm: () => {
      isCalm = true;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Faults of Atlas and of receivers are made on purpose here, and are no errors of the log; these are ours. */
function surprisesIn(daemon: Daemon): string[] {
  return daemon
    .lines()
    .filter(
      ({ level, message }) =>
        level === 'error' && /unhandled|uncaught|recorded|reload|TypeError|\bstore\b/i.test(message),
    )
    .map(({ message }) => message)
    .slice(0, 10);
}

function one<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T;
}
