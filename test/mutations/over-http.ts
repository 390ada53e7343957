import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { createHttpClient, type HttpClient, type HttpResponse } from '../../src/net/http-client.ts';
import { useProxies } from '../../src/net/proxies.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { makeCertificate } from '../support/private-certificate.ts';
import { type OddAnswer, oddAnswer } from './answers.ts';
import { inLanes, type MutationReport, reportOf, sourceOver } from './in-process.ts';
import { mutateBytes } from './mutate.ts';
import { type Chance, chanceOf } from './random.ts';
import { type After, type RawServer, startRawServer } from './raw-server.ts';
import { judge } from './verdict.ts';

/** What an odd answer looks like on the wire, and how its connection ends. */
interface OnTheWire {
  bytes: Buffer;
  after: After;
}

/** A way to servers of rubbish, one for each lane. */
interface Way {
  name: string;
  lanes: Array<{ server: RawServer; baseUrl: string }>;
  caFile: string | null;
}

/** An answer that does not end is given up after so long. */
const TIMEOUT_MS = 300;

const TOLD_HOST = 'atlas.rubbish.test';

/**
 * Reads `count` odd answers over each of the ways to Atlas: plain, with a private authority, and with one through a proxy. Half of them
 * are mutated on the wire as well. Where openssl is missing, only the plain way is gone.
 * @param lanes so many answers are read at once over each way.
 */
export async function mutateOverHttp(
  count: number,
  { firstSeed = 1, lanes = 1 }: { firstSeed?: number; lanes?: number } = {},
): Promise<Record<string, MutationReport>> {
  const { ways, close } = await openWays(lanes);
  try {
    const reports: Record<string, MutationReport> = {};
    const read = async (way: Way): Promise<void> => {
      reports[way.name] = await inLanes(lanes, count, firstSeed, (lane, ...seeds) =>
        inOneLane(way, lane, ...seeds),
      );
    };
    if (lanes > 1) await Promise.all(ways.map(read));
    else for (const way of ways) await read(way);
    return reports;
  } finally {
    await close();
  }
}

async function openWays(lanes: number): Promise<{ ways: Way[]; close: () => Promise<void> }> {
  const servers: RawServer[] = [];
  const open = async (name: string, caFile: string | null, start: () => Promise<RawServer>): Promise<Way> => {
    const own = await Promise.all(Array.from({ length: lanes }, start));
    servers.push(...own);
    const host = name === 'proxy' ? TOLD_HOST : '127.0.0.1';
    const scheme = caFile === null ? 'http' : 'https';
    return {
      name,
      caFile,
      lanes: own.map((server) => ({ server, baseUrl: `${scheme}://${host}:${server.port}` })),
    };
  };
  const closeServers = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  const ways = [await open('http', null, () => startRawServer())];
  const certificate = makeCertificate('IP:127.0.0.1', `DNS:${TOLD_HOST}`);
  if (certificate === null) return { ways, close: closeServers };
  const { caFile, keyFile } = certificate;
  const startSecure = () => startRawServer({ certFile: caFile, keyFile });
  const proxy = await startConnectProxy({ toPort: 'asked' });
  const proxies = useProxies({ HTTPS_PROXY: proxy.url });
  if ('fault' in proxies) throw new Error(proxies.fault);
  ways.push(await open('https', caFile, startSecure), await open('proxy', caFile, startSecure));
  return {
    ways,
    close: async () => {
      proxies.restore();
      await Promise.all([closeServers(), proxy.close()]);
      certificate.remove();
    },
  };
}

function inOneLane(
  { lanes, caFile }: Way,
  lane: number,
  count: number,
  firstSeed: number,
): Promise<MutationReport> {
  const place = lanes[lane];
  if (place === undefined) throw new Error(`there is no lane ${lane}`);
  const { server, baseUrl } = place;
  const open = (): HttpClient =>
    createHttpClient({
      caller: { kind: 'connection', name: 'atlas', address: 'baseUrl' },
      caFile,
      body: { whole: 4_000_000 },
    });
  /** What was read last: whatever the wire has made of it, the outcome is to follow from that. */
  let read: HttpResponse | null = null;
  const listening = (client: HttpClient): HttpClient => ({
    ...client,
    send: async (request) => {
      read = null;
      const reply = await client.send({ ...request, signal: AbortSignal.any([request.signal]) });
      read = reply;
      return reply;
    },
  });
  let client = open();
  let source = sourceOver(baseUrl, listening(client), TIMEOUT_MS);
  return reportOf(count, firstSeed, async (seed) => {
    const chance = chanceOf(seed);
    const answer = oddAnswer(chance);
    const wire = onTheWire(answer, chance);
    server.answer(wire.bytes, wire.after);
    const falsehoods = await judge(source, answer, new AbortController().signal, () => asRead(answer, read));
    // A refusal makes a connection wait, and rightly: the next answer is to meet a fresh one, over the same sockets now and then.
    if (answer.status >= 400 || chance.next() < 0.2) {
      if (chance.next() < 0.3) {
        client.close();
        client = open();
      }
      source = sourceOver(baseUrl, listening(client), TIMEOUT_MS);
    }
    return falsehoods;
  }).finally(() => client.close());
}

function asRead(answer: OddAnswer, read: HttpResponse | null): OddAnswer {
  if (read === null) return { ...answer, status: 0, headers: {}, body: Buffer.alloc(0) };
  const code = read.headers.get('x-error-code');
  return {
    ...answer,
    status: read.status,
    // The one that `judge` looks at.
    headers: code === null ? {} : { 'x-error-code': code },
    body: Buffer.from(read.text),
  };
}

const ENCODINGS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gzipSync(body),
  deflate: (body) => deflateSync(body),
  br: (body) => brotliCompressSync(body),
  'x-unknown': (body) => body,
};

function onTheWire(answer: OddAnswer, chance: Chance): OnTheWire {
  const encoding = chance.one(Object.keys(ENCODINGS));
  const body = (ENCODINGS[encoding] ?? ((sound) => sound))(answer.body);
  const isChunked = chance.next() < 0.3;
  const headers = {
    'content-type': 'application/json',
    ...answer.headers,
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    ...(isChunked
      ? { 'transfer-encoding': 'chunked' }
      : { 'content-length': String(lengthOf(body, chance)) }),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const version = chance.next() < 0.1 ? '1.0' : '1.1';
  const head = Buffer.from(
    `HTTP/${version} ${answer.status} ${chance.one(['OK', '', 'Odd \xe9'])}\r\n${lines.join('')}\r\n`,
    'latin1',
  );
  const framed = isChunked
    ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
    : body;
  const whole = Buffer.concat([head, framed]);
  const bytes = chance.next() < 0.5 ? mutateBytes(whole, chance) : whole;
  return { bytes, after: chance.one(['close', 'close', 'stay', 'stay', 'cut'] as const) };
}

function lengthOf(body: Buffer, chance: Chance): number {
  return chance.next() < 0.05 ? Math.max(0, body.length + chance.below(20) - 10) : body.length;
}
