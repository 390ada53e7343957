import { createServer, setGlobalProxyFromEnv } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClient } from '../../src/net/http-client.ts';
import { StaleConnection } from '../../src/net/wire-fault.ts';
import { aConnection, get } from '../source/support.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import type { Play } from '../support/raw-server.ts';
import { listen, stop } from '../support/strict-digest-server.ts';
import { WAYS, type Way } from './every-transport.ts';

const CALLER = { kind: 'connection', name: 'atlas', address: 'baseUrl' } as const;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"fine":true}';
const never = new AbortController().signal;

describe.each(WAYS)('the transport over %s', (_name, open) => {
  let way: Way;
  let client: HttpClient;
  beforeEach(async () => {
    way = await open();
    client = createHttpClient({ caller: CALLER, caFile: way.caFile, body: { whole: 1_000 } });
  });
  afterEach(async () => {
    client.close();
    await way.close();
  });
  const send = (signal = never, body?: string) =>
    client.send({ url: `${way.origin}/x`, headers: {}, signal, ...(body === undefined ? {} : { body }) });

  /** The end of a connection may still be on its way to us. */
  const sendAgain = () =>
    send().catch((thrown: unknown) => (thrown instanceof StaleConnection ? send() : Promise.reject(thrown)));

  it('keeps its connection alive', async () => {
    way.server.play = [OK];
    for (let call = 0; call < 3; call += 1) await expect(send()).resolves.toMatchObject({ status: 200 });
    expect(way.server.connections()).toBe(1);
  });

  it('writes nothing when the last look forbids it, on a new connection and on one that was kept', async () => {
    way.server.play = [OK];
    const looks: string[] = [];
    const look = (may: boolean) => (): void => {
      looks.push(may ? 'may' : 'may not');
      if (!may) throw new Error('not ours any more');
    };
    const ask = (may: boolean) =>
      client.send({ url: `${way.origin}/x`, headers: {}, signal: never, body: '{}', lastLook: look(may) });
    await expect(ask(false)).rejects.toThrow('not ours any more');
    expect(way.server.requests()).toBe(0);
    await expect(ask(true)).resolves.toMatchObject({ status: 200 });
    await expect(ask(false)).rejects.toThrow('not ours any more');
    await expect(ask(true)).resolves.toMatchObject({ status: 200 });
    expect(way.server.requests()).toBe(2);
    expect(looks).toEqual(['may not', 'may', 'may not', 'may']);
  });

  it('rejects with the reason of an abort: before the head, and while the body comes', async () => {
    const plays: Play[] = [['HANG'], [OK.slice(0, -5)]];
    for (const [index, play] of plays.entries()) {
      way.server.play = play;
      const stop = new AbortController();
      const sending = send(stop.signal);
      await expect.poll(() => way.server.requests()).toBe(index + 1);
      stop.abort(new Error('shutting down'));
      const outcome = await sending.then(
        ({ broken }) => broken,
        (thrown: Error) => thrown,
      );
      expect(outcome?.message).toBe('shutting down');
    }
    await expect.poll(() => way.server.open()).toBe(0);
  });

  it('reads no more than it is allowed to, however small it came', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    for (const body of [bomb, gzipSync(bomb), Buffer.alloc(2_000)]) {
      const encoding = body === bomb ? 'gzip' : body.length === 2_000 ? 'identity' : 'gzip, gzip';
      const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`;
      way.server.play = [head, body];
      const { text, broken } = await send();
      expect(text).toBe('');
      expect(broken).toMatchObject({ kind: 'too_long' });
    }
  });

  it('outlives what a server does to a connection that is idle', async () => {
    const late = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n';
    way.server.play = [OK];
    await send();
    way.server.writeAll(late);
    await expect.poll(() => way.server.open()).toBe(0);
    await expect(sendAgain()).resolves.toMatchObject({ status: 200 });
    way.server.cutAll();
    await expect.poll(() => way.server.open()).toBe(0);
    await expect(sendAgain()).resolves.toMatchObject({ status: 200 });
  });

  it('tells a connection that was closed between two requests from one that was cut in the first', async () => {
    way.server.play = ['RESET'];
    const first: unknown = await send().catch((thrown: unknown) => thrown);
    expect(first).toMatchObject({ name: 'WireFault', code: 'ECONNRESET' });
    expect(first).not.toBeInstanceOf(StaleConnection);
    way.server.play = (request) => (request === 2 ? [OK] : ['RESET']);
    await send();
    await expect(send()).rejects.toBeInstanceOf(StaleConnection);
  });
});

describe.each(WAYS)('a poll over %s', (_name, open) => {
  let way: Way;
  beforeEach(async () => {
    way = await open();
  });
  afterEach(() => way.close());

  it('does not fail because the server was closing idle connections, and asks no more than once again', async () => {
    const connection = aConnection(way.origin, { caFile: way.caFile, retries: 0 });
    way.server.play = [OK];
    await Promise.all([get(connection), get(connection)]);
    const before = way.server.requests();
    way.server.play = (request) => (request === before + 1 ? ['RESET'] : [OK]);
    await expect(get(connection)).resolves.toMatchObject({ body: { fine: true } });
    expect(way.server.requests()).toBe(before + 2);

    way.server.play = ['RESET'];
    await expect(get(connection)).rejects.toMatchObject({ reason: 'unavailable', retryable: true });
    expect(way.server.requests()).toBe(before + 4);
    await connection.close();
  });
});

describe('an answer that may be known', () => {
  async function fingerprintsOf(
    bodies: readonly unknown[],
    types: readonly string[] = [],
  ): Promise<string[]> {
    let sent = 0;
    const server = createServer((_request, response) => {
      const type = types[sent] ?? 'application/json';
      response.writeHead(200, { 'Content-Type': type, 'Content-Encoding': 'gzip' });
      // In pieces, which are not the same each time.
      const bytes = gzipSync(JSON.stringify(bodies[sent]));
      const cut = 5 + sent;
      response.write(bytes.subarray(0, cut));
      setImmediate(() => response.end(bytes.subarray(cut)));
      sent += 1;
    });
    const url = await listen(server);
    const client = createHttpClient({ caller: CALLER, caFile: null, body: { whole: 1_000_000 } });
    const seen: string[] = [];
    const recall = (fingerprint: string): boolean => seen.push(fingerprint) > 1 && seen[0] === fingerprint;
    for (const body of bodies) {
      const { signal } = new AbortController();
      const { isKnown, text } = await client.send({ url, headers: {}, signal, recall });
      const isSame = seen.length > 1 && seen.at(-1) === seen[0];
      expect({ isKnown, text }).toEqual(
        isSame ? { isKnown: true, text: '' } : { isKnown: undefined, text: JSON.stringify(body) },
      );
    }
    client.close();
    await stop(server);
    return seen;
  }

  it('is told by its bytes, whatever pieces they come in, and by nothing else', async () => {
    const [first, second, other, again] = await fingerprintsOf([{ a: 1 }, { a: 1 }, { a: 2 }, { a: 1 }]);
    expect([second, again]).toEqual([first, first]);
    expect(other).not.toBe(first);
    expect(first).toHaveLength(28);
  });

  it('is another one when it is to be read in another character set', async () => {
    const types = ['application/json', 'application/json;charset=latin1'];
    const [first, second] = await fingerprintsOf([{ a: 1 }, { a: 1 }], types);
    expect(second).not.toBe(first);
  });
});

describe('a proxy that makes no tunnel', () => {
  it.each([
    ['hangs', { hangs: true }, 'TimeoutError'],
    ['refuses and keeps the connection', { status: 407, keeps: true }, 'WireFault'],
    ['cuts', { cuts: true }, 'WireFault'],
  ])('is left alone after one request, and no connection stays open: it %s', async (_how, mood, name) => {
    const proxy = await startConnectProxy({ toPort: 1, ...mood });
    const restore = setGlobalProxyFromEnv({ HTTPS_PROXY: proxy.url });
    const client = createHttpClient({ caller: CALLER, caFile: null, body: { whole: 1_000 } });
    const patience = new AbortController();
    const { signal } = patience;
    const sending = client.send({ url: 'https://atlas.private/x', headers: {}, signal });
    const failed = expect(sending).rejects.toMatchObject({ name });
    await expect.poll(() => proxy.asked).toHaveLength(1);
    patience.abort(new DOMException('no answer in time', 'TimeoutError'));
    await failed;
    await expect.poll(() => proxy.open()).toBe(0);
    expect(proxy.asked).toEqual(['atlas.private:443']);
    client.close();
    restore();
    await proxy.close();
  });
});

describe('what cannot stand in a request', () => {
  it.each([
    ['a header with a line end', 'http://127.0.0.1:9/x', { 'x-key': 'canary\nx' }],
    ['a header beyond Latin-1', 'http://127.0.0.1:9/x', { 'x-key': 'canary\u200b' }],
    ['a name that is none', 'http://127.0.0.1:9/x', { 'x key': 'canary' }],
    ['another protocol', 'ftp://127.0.0.1:9/x', {}],
  ])('is our fault and not the network’s: %s', async (_what, url, headers) => {
    const client = createHttpClient({ caller: CALLER, caFile: null, body: { whole: 1_000 } });
    const fault: unknown = await client
      .send({ url, headers, signal: never })
      .catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ kind: 'unsendable', hint: expect.stringContaining('baseUrl') });
    expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain('canary');
  });
});
