import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNotifier } from '../../src/app/adapters.ts';
import type { Notifier } from '../../src/channels/notifier.ts';
import { createReceiverLimiter } from '../../src/channels/receiver-limiter.ts';
import { systemClock } from '../../src/clock.ts';
import type { WatcherConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DeliveryError } from '../../src/errors.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';
import { anEvent } from '../support/builders.ts';
import { makeCertificate } from '../support/private-certificate.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { type MutationReport, reportOf } from './in-process.ts';
import { mutateBytes } from './mutate.ts';
import { type Chance, chanceOf } from './random.ts';
import { type After, type RawServer, startRawServer } from './raw-server.ts';

const STATUSES = [
  200, 200, 200, 202, 204, 206, 301, 400, 401, 403, 404, 407, 408, 410, 413, 425, 429, 500, 503, 599, 999,
];
const BODIES = [
  '',
  'ok',
  '1',
  '{"ok":true}',
  '{"ok":false,"error":"invalid_blocks"}',
  '{"status":"success","message":"Event processed","dedup_key":"x"}',
  '<!doctype html><title>Sign in</title>',
  'Delivery failed: upstream said 429',
  `${'a-b.c-d.'.repeat(20_000)}`,
  '\ud83d\u0000\u202e',
];
const HEADERS = [
  '',
  'retry-after: 1\r\n',
  'retry-after: 99999999999\r\n',
  'retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n',
  'content-encoding: gzip\r\n',
  'content-type: text/html; charset=utf-7\r\n',
  'location: http://127.0.0.1:1/\r\n',
];

const TIMEOUT_MS = 300;

/**
 * Lets every HTTP channel tell an event `count` times to a receiver that answers rubbish, half of it mutated on the wire, plain and with a
 * private authority. The outcome is an acceptance or a classified fault, and never an acceptance of what refuses by its status.
 */
export async function mutateToChannels(
  count: number,
  firstSeed = 1,
): Promise<Record<string, MutationReport>> {
  const certificate = makeCertificate('IP:127.0.0.1');
  const plain = await startRawServer();
  const secure =
    certificate && (await startRawServer({ certFile: certificate.caFile, keyFile: certificate.keyFile }));
  const reports: Record<string, MutationReport> = {};
  try {
    for (const [server, caFile] of [
      [plain, null],
      ...(secure ? [[secure, certificate?.caFile ?? null] as const] : []),
    ] as const) {
      const address = `${caFile === null ? 'http' : 'https'}://127.0.0.1:${server.port}/services/hook`;
      for (const channel of await channelsTo(address, caFile)) {
        const name = `${channel.type} over ${caFile === null ? 'http' : 'https'}`;
        reports[name] = await toOneChannel(channel, server, count, firstSeed);
      }
    }
    return reports;
  } finally {
    await Promise.all([plain.close(), secure?.close()]);
    certificate?.remove();
  }
}

async function toOneChannel(
  channel: WatcherConfig['channels'][number],
  server: RawServer,
  count: number,
  firstSeed: number,
): Promise<MutationReport> {
  const open = (): Notifier =>
    buildNotifier(channel, {
      clock: systemClock,
      // One of its own: it keeps the silence that a receiver asks for, and the next answer is to be met all the same.
      limiter: createReceiverLimiter(systemClock),
      logger: createRecordingLogger(),
      redactor: createRedactor(),
    });
  let notifier = open();
  const report = await reportOf(count, firstSeed, async (seed) => {
    const chance = chanceOf(seed);
    const { bytes, after, status, isSound } = rubbish(chance);
    server.answer(bytes, after);
    const found: string[] = [];
    try {
      await notifier.send([{ deliveryId: 'a', event: anEvent('failed') }], AbortSignal.timeout(TIMEOUT_MS));
      if (isSound && (status < 200 || status > 299)) found.push(`took ${status} for an acceptance`);
    } catch (thrown) {
      if (!(thrown instanceof DeliveryError)) found.push(`threw ${String(thrown)}`);
    }
    if (status === 429 || status === 503 || chance.next() < 0.2) {
      await notifier.close();
      notifier = open();
    }
    return found;
  });
  await notifier.close();
  return report;
}

function rubbish(chance: Chance): { bytes: Buffer; after: After; status: number; isSound: boolean } {
  const status = chance.one(STATUSES);
  const body = Buffer.from(chance.one(BODIES));
  const head = `HTTP/1.1 ${status} Said\r\n${chance.one(HEADERS)}content-length: ${body.length}\r\n\r\n`;
  const whole = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  const isSound = chance.next() < 0.5;
  return {
    bytes: isSound ? whole : mutateBytes(whole, chance),
    after: chance.one(['close', 'stay', 'stay', 'cut'] as const),
    status,
    isSound,
  };
}

async function channelsTo(url: string, caFile: string | null): Promise<WatcherConfig['channels']> {
  const folder = await mkdtemp(join(tmpdir(), 'rubbish-'));
  const file = join(folder, 'watcher.config.json');
  const trust = caFile === null ? {} : { caFile };
  const content = {
    connections: [
      { name: 'atlas', auth: { type: 'digest', publicKey: 'public-key', privateKey: 'private-key' } },
    ],
    watches: [
      { name: 'orders', kind: 'cluster', groupId: '5f0e1d2c3b4a596877665544', instanceName: 'orders' },
    ],
    channels: [
      { name: 'siem', type: 'webhook', url, ...trust },
      { name: 'chat', type: 'slack', url, ...trust },
      { name: 'team', type: 'msteams', url, ...trust },
      { name: 'pager', type: 'pagerduty', url, routingKey: 'R'.repeat(32), ...trust },
    ],
    routes: [],
  };
  try {
    await writeFile(file, JSON.stringify(content));
    return (await loadConfig(file, { env: {} })).channels;
  } finally {
    await rm(folder, { recursive: true });
  }
}
