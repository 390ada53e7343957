import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { endWithSession, openStream, type Stream } from '../../../src/http/live/stream.ts';

const CHUNK = 'x'.repeat(256 * 1_024);

/** A stream to a client that has asked for it and reads nothing, and what became of its response. */
async function paused(): Promise<{
  stream: Stream;
  response: ServerResponse;
  client: Socket;
  errors: unknown[];
}> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  client.on('error', () => {});
  client.pause();
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  const errors: unknown[] = [];
  response.on('error', (error) => errors.push(error));
  return { stream: openStream(response), response, client, errors };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Sends until nothing more fits between the two, and the client would have to fetch something. */
async function fill({ stream, response }: { stream: Stream; response: ServerResponse }): Promise<void> {
  for (let unread = 0; unread < 10; unread = response.writableLength < CHUNK.length ? 0 : unread + 1) {
    if (response.writableLength < CHUNK.length) stream.send('section', CHUNK);
    await turn();
  }
}

describe('a stream to a client that reads nothing', () => {
  afterEach(() => void vi.useRealTimers());

  it('takes nothing more once it has ended, whoever still sends', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const slow = await paused();
    await fill(slow);
    slow.stream.end();
    const left = slow.response.writableLength;
    slow.stream.send('sign', 'late', 'id');
    slow.stream.end();
    // The line that keeps proxies waiting.
    vi.advanceTimersByTime(60_000);
    await turn();
    expect(slow.errors).toEqual([]);
    expect(slow.response.writableLength).toBe(left);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has no room once it has ended, even if it is waited for at that moment', async () => {
    const slow = await paused();
    await fill(slow);
    const room = slow.stream.hasRoom();
    slow.stream.end();
    expect(await slow.stream.hasRoom()).toBe(false);
    slow.client.resume();
    expect(await room).toBe(false);
  });

  it('takes nothing after the client has gone', async () => {
    const { stream, response, client, errors } = await paused();
    const gone = new Promise<void>((resolve) => stream.onGone(resolve));
    client.destroy();
    await gone;
    stream.send('sign', 'late');
    stream.end();
    await turn();
    expect(errors).toEqual([]);
    expect(response.destroyed).toBe(true);
  });

  it('is dropped when it leaves the rest unread for a minute after the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const slow = await paused();
    await fill(slow);
    slow.stream.end();
    vi.advanceTimersByTime(59_000);
    expect(slow.response.destroyed).toBe(false);
    const gone = new Promise<void>((resolve) => slow.stream.onGone(resolve));
    vi.advanceTimersByTime(2_000);
    await gone;
    expect(slow.response.destroyed).toBe(true);
  });

  it('is dropped with too much unread', async () => {
    const slow = await paused();
    await fill(slow);
    for (let sent = 0; sent < 17; sent += 1) slow.stream.send('section', CHUNK);
    expect(slow.response.destroyed).toBe(true);
    await turn();
    expect(slow.errors).toEqual([]);
  });

  it('ends once when its session ends, and is looked after no more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const slow = await paused();
    await fill(slow);
    let asked = 0;
    endWithSession(slow.stream, () => ++asked < 2);
    vi.advanceTimersByTime(30_000);
    await turn();
    expect(asked).toBe(2);
    expect(slow.response.writableEnded).toBe(true);
    expect(slow.errors).toEqual([]);
  });
});
