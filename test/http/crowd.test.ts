import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionLimit } from '../../src/http/door/descriptors.ts';
import { REQUESTS_A_CONNECTION } from '../../src/http/door/visitor.ts';
import type { ServerOptions } from '../../src/http/server.ts';
import { serve } from './serve.ts';

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

interface Stranger {
  socket: Socket;
  received: () => string;
  /** Resolves once the server has closed the connection. */
  closed: Promise<unknown>;
}

async function comeIn(url: string, bytes = ''): Promise<Stranger> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  if (bytes !== '') socket.write(bytes);
  return { socket, received: () => received, closed };
}

const answersIn = (text: string) => text.match(/HTTP\/1\.1 \d{3}/g) ?? [];

/** A server of which `/metrics` answers once it is let. */
async function serveSlowly(over: Partial<ServerOptions> = {}) {
  const gate = Promise.withResolvers<void>();
  onTestFinished(() => gate.resolve());
  const begun: number[] = [];
  const render = async () => {
    begun.push(begun.length);
    await gate.promise;
    return { contentType: 'text/plain', text: 'up 1\n' };
  };
  return { begun, letGo: gate.resolve, ...(await serve({}, { ...over, metrics: { render } })) };
}

describe('a crowd at the status server', () => {
  it('that says nothing makes room for who asks: the longest silent one is closed', async () => {
    const { server, get, logged } = await serve({}, { connections: 5 });
    const silent: Stranger[] = [];
    for (let number = 0; number < 12; number += 1) silent.push(await comeIn(server.url));
    await Promise.all(silent.slice(0, 7).map(({ closed }) => closed));
    for (let times = 0; times < 3; times += 1) expect((await get('/healthz')).status).toBe(200);
    expect(silent[11]?.socket.closed).toBe(false);
    expect(logged).toMatchObject([{ level: 'warn', fields: { connections: 5 } }]);
  });

  it('that waits for answers lets nobody else in: who comes is refused at once', async () => {
    const { server, begun, letGo } = await serveSlowly({ connections: 2 });
    const waiting = await Promise.all([1, 2].map(() => comeIn(server.url, ask('/metrics'))));
    await expect.poll(() => begun.length).toBe(2);
    const refused = await comeIn(server.url, ask('/healthz'));
    await refused.closed;
    expect(refused.received()).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1/is);
    letGo();
    await expect
      .poll(() => waiting.map(({ received }) => answersIn(received())))
      .toEqual([['HTTP/1.1 200'], ['HTTP/1.1 200']]);
  });

  it('that never fetches its answers counts as silent', async () => {
    const text = 'x'.repeat(4 * 2 ** 20);
    const metrics = { render: async () => ({ contentType: 'text/plain', text }) };
    const { server, get } = await serve({}, { connections: 2, metrics });
    const deaf = await Promise.all([1, 2].map(() => comeIn(server.url)));
    for (const { socket } of deaf) socket.pause().write(ask('/metrics'));
    await expect.poll(async () => (await get('/healthz').catch(() => null))?.status).toBe(200);
  });

  it('that asks for what reads the store has to wait its turn, and is refused when too many do', async () => {
    const { server, get, begun } = await serveSlowly();
    const many = await Promise.all(Array.from({ length: 60 }, () => comeIn(server.url, ask('/metrics'))));
    const refused = () => many.filter(({ received }) => answersIn(received())[0] === 'HTTP/1.1 503');
    await expect.poll(() => refused().length).toBeGreaterThan(10);
    await Promise.all(refused().map(({ closed }) => closed));
    expect(begun.length).toBeLessThan(5);
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/api/v1/jobs')).status).toBe(503);
  });
});

describe('a flood over one connection', () => {
  it('is answered one by one up to a limit, the last with "Connection: close", and then not heard', async () => {
    const { server, logged } = await serve();
    const { received, closed } = await comeIn(server.url, ask('/healthz').repeat(5_000));
    await closed;
    const answers = received().split('HTTP/1.1 200').slice(1);
    expect(answers.length).toBeLessThanOrEqual(REQUESTS_A_CONNECTION);
    expect(logged).toEqual([]);
  });

  it('never has two of its requests in hand, and lets others be answered in between', async () => {
    const { server, get, begun, letGo } = await serveSlowly();
    await comeIn(server.url, ask('/metrics').repeat(50));
    await expect.poll(() => begun.length).toBe(1);
    for (let times = 0; times < 3; times += 1) expect((await get('/healthz')).status).toBe(200);
    expect(begun).toHaveLength(1);
    letGo();
    await expect.poll(() => begun.length).toBe(50);
  });

  it('tells a client that asks one thing after the other when to open a new connection', async () => {
    const { server } = await serve();
    const { socket, received, closed } = await comeIn(server.url);
    for (let number = 1; number <= REQUESTS_A_CONNECTION; number += 1) {
      socket.write(ask('/healthz'));
      await expect.poll(() => answersIn(received()).length, { interval: 1 }).toBe(number);
    }
    await closed;
    const closing = received()
      .split('HTTP/1.1 200')
      .map((answer) => /connection: close/i.test(answer));
    expect(closing.indexOf(true)).toBe(REQUESTS_A_CONNECTION);
  });
});

describe('the connections that are held', () => {
  it.each([
    [Number.POSITIVE_INFINITY, 100],
    [1_048_576, 100],
    [1_024, 100],
    [256, 96],
    [128, 32],
    [64, 4],
    [20, 4],
  ])('leave at least half of %d descriptors to the rest: %d', (descriptors, connections) => {
    expect(connectionLimit(descriptors)).toBe(connections);
  });
});
