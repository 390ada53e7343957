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
import { makeCertificate, type PrivateCertificate } from '../support/private-certificate.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { inLanes, type MutationReport, reportOf } from './in-process.ts';
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
 * @param lanes so many events are told at once over each channel.
 */
export async function mutateToChannels(
  count: number,
  { firstSeed = 1, lanes = 1 }: { firstSeed?: number; lanes?: number } = {},
): Promise<Record<string, MutationReport>> {
  const certificate = makeCertificate('IP:127.0.0.1');
  const ways = certificate === null ? [null] : [null, certificate];
  const reports: Record<string, MutationReport> = {};
  const tell = async (secret: PrivateCertificate | null, type: ChannelType): Promise<void> => {
    const name = `${type} over ${secret === null ? 'http' : 'https'}`;
    reports[name] = await inLanes(lanes, count, firstSeed, async (_lane, ...seeds) => {
      const keys = secret && { certFile: secret.caFile, keyFile: secret.keyFile };
      const server = await startRawServer(keys ?? undefined);
      const address = `${secret === null ? 'http' : 'https'}://127.0.0.1:${server.port}/services/hook`;
      const channel = await channelTo(type, address, secret?.caFile ?? null);
      return toOneChannel(channel, server, ...seeds).finally(() => server.close());
    });
  };
  try {
    const all = ways.flatMap((secret) => CHANNEL_TYPES.map((type) => () => tell(secret, type)));
    if (lanes > 1) await Promise.all(all.map((each) => each()));
    else for (const each of all) await each();
    return reports;
  } finally {
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

const CHANNEL_TYPES = ['webhook', 'slack', 'msteams', 'pagerduty'] as const;
type ChannelType = (typeof CHANNEL_TYPES)[number];

async function channelTo(
  type: ChannelType,
  url: string,
  caFile: string | null,
): Promise<WatcherConfig['channels'][number]> {
  const folder = await mkdtemp(join(tmpdir(), 'rubbish-'));
  const file = join(folder, 'watcher.config.json');
  const trust = caFile === null ? {} : { caFile };
  const routingKey = type === 'pagerduty' ? { routingKey: 'R'.repeat(32) } : {};
  const content = {
    connections: [
      { name: 'atlas', auth: { type: 'digest', publicKey: 'public-key', privateKey: 'private-key' } },
    ],
    watches: [
      { name: 'orders', kind: 'cluster', groupId: '5f0e1d2c3b4a596877665544', instanceName: 'orders' },
    ],
    channels: [{ name: 'rubbish', type, url, ...routingKey, ...trust }],
    routes: [],
  };
  try {
    await writeFile(file, JSON.stringify(content));
    const [channel] = (await loadConfig(file, { env: {} })).channels;
    if (channel === undefined) throw new Error('the configuration has no channel');
    return channel;
  } finally {
    await rm(folder, { recursive: true });
  }
}
