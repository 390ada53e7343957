import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { createHttpClient } from '../../src/net/http-client.ts';
import { createExchange, type RequestRecord } from '../../src/source/wire/http-exchange.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { createSteppingClock, settled } from '../support/stepping-clock.ts';
import { listen, startStrictDigestServer, stop } from '../support/strict-digest-server.ts';
import { AUTH, createOauthWorld, json, ORIGIN } from './login/oauth-world.ts';
import { aConnection, get, PATH } from './support.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];

/** A server that answers the first request with the first handler, and so on; the last one answers all the rest. */
async function serve(...handlers: Handler[]): Promise<{ url: string; arrivals: number[] }> {
  const arrivals: number[] = [];
  const server = createServer((request, response) => {
    const handler = handlers[Math.min(arrivals.length, handlers.length - 1)];
    arrivals.push(performance.now());
    handler?.(request, response);
  });
  servers.push(server);
  return { url: await listen(server), arrivals };
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map(stop));
});

const ok: Handler = (_request, response) => {
  response.setHeader('Content-Type', 'application/json').end('{"fine":true}');
};
const answer =
  (status: number, headers: Record<string, string> = {}, body = '{}'): Handler =>
  (_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
  };
const hang: Handler = () => {};
const reset: Handler = (request) => {
  request.socket.resetAndDestroy();
};
const cutOff: Handler = (request, response) => {
  response.writeHead(200, { 'Content-Length': '100' });
  response.write('{"fine":');
  setImmediate(() => request.socket.destroy());
};

describe('passing faults', () => {
  it.each<[string, Handler, number]>([
    ['500s', answer(500), 10_000],
    [
      '502 and a page of a proxy',
      answer(502, { 'Content-Type': 'text/html' }, '<html>bad gateway</html>'),
      10_000,
    ],
    ['408', answer(408), 10_000],
    ['resets', reset, 10_000],
    ['a body that is cut off', cutOff, 10_000],
    ['silence beyond the timeout', hang, 1_000],
  ])('are tried again: %s', async (_name, fault, requestTimeoutMs) => {
    const { url, arrivals } = await serve(fault, fault, ok);
    const connection = aConnection(url, { retries: 2, requestTimeoutMs });
    await expect(get(connection)).resolves.toMatchObject({ body: { fine: true }, status: 200 });
    expect(arrivals).toHaveLength(3);
  });

  it.each<[string, Handler, string, number]>([
    ['500s', answer(500), 'unavailable', 10_000],
    ['resets', reset, 'unavailable', 10_000],
    ['a body that is cut off', cutOff, 'unavailable', 10_000],
    ['silence beyond the timeout', hang, 'timeout', 1_000],
  ])('end with their reason when they do not pass: %s', async (_name, fault, reason, requestTimeoutMs) => {
    const { url, arrivals } = await serve(fault);
    const connection = aConnection(url, { retries: 2, requestTimeoutMs });
    await expect(get(connection)).rejects.toMatchObject({ name: 'SourceError', reason, retryable: true });
    expect(arrivals).toHaveLength(3);
  });

  it('covers a body that never ends with the timeout', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{');
    });
    await expect(get(aConnection(url, { requestTimeoutMs: 100 }))).rejects.toMatchObject({
      reason: 'timeout',
    });
  });

  it('end with their reason when nobody listens', async () => {
    const { url } = await serve(ok);
    await stop(servers.pop()!);
    await expect(get(aConnection(url))).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('wait longer with each attempt, by chance, and 8 s at most', async () => {
    const clock = createSteppingClock();
    const { url, arrivals } = await serve(answer(500));
    const logger = createRecordingLogger();
    const connection = aConnection(url, { clock, logger, retries: 6, random: () => 0.5 });
    const result = get(connection).catch((error: unknown) => error);
    for (const delay of [250, 500, 1_000, 2_000, 4_000, 4_000]) {
      while (clock.sleepers() === 0) await settled();
      const before = arrivals.length;
      await clock.step(delay - 1);
      expect(arrivals).toHaveLength(before);
      await clock.step(1);
    }
    await expect(result).resolves.toMatchObject({ reason: 'unavailable' });
    expect(arrivals).toHaveLength(7);
    expect(logger.lines.map(({ fields }) => fields.delayMs)).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000]);
  });
});

describe('faults that stay', () => {
  it.each<[string, Handler, string]>([
    [
      'a page in place of JSON',
      answer(200, { 'Content-Type': 'text/html' }, '<html>login</html>'),
      'bad_response',
    ],
    ['torn JSON', answer(200, {}, '{"results":[{"id":'), 'bad_response'],
    ['JSON that is no object', answer(200, {}, '[]'), 'bad_response'],
    ['nothing', answer(200, {}, ''), 'bad_response'],
    ['a redirect', answer(302, { Location: 'http://127.0.0.1:1/' }), 'bad_response'],
    ['400', answer(400), 'bad_request'],
    ['403', answer(403), 'refused'],
    ['404 without a code', answer(404), 'bad_response'],
    ['404', answer(404, {}, '{"errorCode":"GROUP_NOT_FOUND"}'), 'not_found'],
    ['410', answer(410), 'gone'],
    [
      'an enveloped 404',
      answer(200, {}, '{"status":404,"content":{"errorCode":"GROUP_NOT_FOUND"}}'),
      'not_found',
    ],
    ['an enveloped bare 403', answer(200, {}, '{"status":403,"error":403,"errorCode":"X"}'), 'refused'],
    ['a list with a status of 410', answer(200, {}, '{"status":410,"results":[]}'), 'gone'],
  ])('are told at once: %s', async (_name, fault, reason) => {
    const { url, arrivals } = await serve(fault);
    await expect(get(aConnection(url, { retries: 4 }))).rejects.toMatchObject({ reason, retryable: false });
    expect(arrivals).toHaveLength(1);
  });

  it('tries an enveloped 503 again like a real one', async () => {
    const { url, arrivals } = await serve(answer(200, {}, '{"status":503,"envelope":{}}'), ok);
    await get(aConnection(url, { retries: 4 }));
    expect(arrivals).toHaveLength(2);
  });

  it('cuts off an answer without end', async () => {
    const { url } = await serve((request, response) => {
      const chunk = Buffer.alloc(1_000_000, 32);
      const more = (): void => {
        while (!request.socket.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await expect(get(aConnection(url, { retries: 4 }))).rejects.toMatchObject({
      reason: 'bad_response',
      message: expect.stringContaining('64 MB'),
    });
  });

  it('never puts credentials or the answer into the error', async () => {
    const { url } = await serve(answer(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' }, 'BODY'));
    const auth = { type: 'digest', publicKey: 'PUBLIC', privateKey: 'PRIVATE' } as const;
    const error = await get(aConnection(url, { auth })).catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/PUBLIC|PRIVATE|BODY/);
  });
});

/** A fetch that notes when each request leaves, which needs no patience to be seen. */
function countingFetch(clock: Clock) {
  const sentAt: number[] = [];
  const counting: typeof fetch = (url, init) => {
    sentAt.push(clock.monotonic());
    return fetch(url, init);
  };
  return { fetch: counting, sentAt };
}

describe('Retry-After', () => {
  it('silences the whole project for as long as the server asks, and then the call goes on', async () => {
    const clock = createSteppingClock();
    const { url } = await serve(answer(429, { 'Retry-After': '3' }), ok);
    const { fetch, sentAt } = countingFetch(clock);
    const connection = aConnection(url, { clock, fetch, retries: 1 });
    const first = get(connection);
    while (clock.sleepers() === 0) await settled();
    const second = get(connection);
    await clock.step(3_000);
    await expect(first).resolves.toMatchObject({ status: 200 });
    await expect(second).resolves.toMatchObject({ status: 200 });
    expect(sentAt).toEqual([0, 3_000, 3_000]);
  });

  it('leaves other projects alone', async () => {
    const clock = createSteppingClock();
    const { url } = await serve(answer(429, { 'Retry-After': '3' }), ok);
    const connection = aConnection(url, { clock });
    await expect(get(connection)).rejects.toMatchObject({ reason: 'rate_limited' });
    const { signal } = new AbortController();
    const request = { accept: 'application/json', budgetKey: 'another', role: 'x', signal };
    await expect(connection.getJson(PATH, request)).resolves.toMatchObject({ status: 200 });
  });

  it('ends the call when it is longer than half a minute, and the project stays silent', async () => {
    const clock = createSteppingClock();
    const { url, arrivals } = await serve(answer(503, { 'Retry-After': '31' }), ok);
    const connection = aConnection(url, { clock, retries: 4 });
    await expect(get(connection)).rejects.toMatchObject({ reason: 'unavailable', retryAfterMs: 31_000 });
    await expect(get(connection)).rejects.toMatchObject({ reason: 'rate_limited', retryAfterMs: 31_000 });
    expect(arrivals).toHaveLength(1);
    await clock.step(31_000);
    await expect(get(connection)).resolves.toMatchObject({ status: 200 });
  });

  it('holds back requests that were waiting for the first login', async () => {
    const clock = createSteppingClock();
    const { url } = await serve(answer(429, { 'Retry-After': '3' }), ok);
    const { fetch, sentAt } = countingFetch(clock);
    const connection = aConnection(url, { clock, fetch });
    const calls = Array.from({ length: 5 }, () => get(connection));
    const outcomes = Promise.allSettled(calls);
    await expect(calls[0]).rejects.toMatchObject({ reason: 'rate_limited' });
    await clock.step(3_000);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', ...Array(4).fill('fulfilled')]);
    expect(sentAt).toEqual([0, 3_000, 3_000, 3_000, 3_000]);
  });
});

describe('a 429 that does not say how long', () => {
  it('ends the poll, and silences the project for a minute, doubling while it repeats, for ten at most', async () => {
    const clock = createSteppingClock();
    const { url, arrivals } = await serve(answer(429));
    const connection = aConnection(url, { clock, retries: 4 });
    for (const minutes of [1, 2, 4, 8, 10, 10]) {
      const before = arrivals.length;
      await expect(get(connection)).rejects.toMatchObject({ reason: 'rate_limited', status: 429 });
      await clock.step(minutes * 60_000 - 31_000);
      await expect(get(connection)).rejects.toMatchObject({ reason: 'rate_limited', retryAfterMs: 31_000 });
      expect(arrivals).toHaveLength(before + 1);
      await clock.step(31_000);
    }
  });

  it('begins with a minute again after something went well, and counts those that come together as one', async () => {
    const clock = createSteppingClock();
    const oauth = createOauthWorld();
    const connection = aConnection(ORIGIN, { clock, auth: AUTH, fetch: oauth.fetch });
    const well = oauth.onRead;
    await get(connection);
    for (let round = 0; round < 3; round += 1) {
      oauth.onRead = () => json(429, {});
      const together = await Promise.allSettled([get(connection), get(connection), get(connection)]);
      expect(together.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
      oauth.onRead = well;
      await clock.step(60_000);
      await expect(get(connection)).resolves.toMatchObject({ status: 200 });
    }
  });
});

describe('the budget', () => {
  it('is paid by retries, and by answers to a login challenge', async () => {
    const clock = createSteppingClock();
    let failures = 1;
    const strict = await startStrictDigestServer({
      now: () => 0,
      onAccepted: (_request, response) => {
        response.statusCode = failures > 0 ? 500 : 200;
        failures -= 1;
        response.end('{}');
      },
    });
    const connection = aConnection(strict.url, { clock, retries: 1, requestsPerMinute: 3 });
    const first = get(connection);
    while (clock.sleepers() === 0) await settled();
    await clock.step(0);
    await first;
    expect(strict.requests()).toBe(3); // challenged, failed, done
    const next = get(connection);
    await clock.step(59_999);
    expect(strict.requests()).toBe(3);
    await clock.step(1);
    await next;
    expect(strict.requests()).toBe(4);
    await strict.close();
  });

  it('does not ask for a login that it could not answer: it waits until two requests are free', async () => {
    const clock = createSteppingClock();
    const strict = await startStrictDigestServer({ now: clock.monotonic });
    const { fetch, sentAt } = countingFetch(clock);
    const connection = aConnection(strict.url, { clock, fetch, requestsPerMinute: 3 });
    await get(connection);
    await clock.step(30_000);
    const idle = get(connection);
    await clock.step(30_000);
    await idle;
    expect(sentAt).toEqual([0, 0, 60_000]);
    await strict.close();
  });

  it('gets back what a call held that was given up while it waited for another’s login', async () => {
    const clock = createSteppingClock();
    const { url } = await serve(hang, ok);
    const { fetch, sentAt } = countingFetch(clock);
    const connection = aConnection(url, { clock, fetch, requestsPerMinute: 3 });
    const [first, second] = [new AbortController(), new AbortController()];
    const outcomes = Promise.allSettled([get(connection, first.signal), get(connection, second.signal)]);
    const third = get(connection);
    await settled();
    second.abort(new Error('given up'));
    await settled();
    first.abort(new Error('given up'));
    await outcomes;
    await expect(third).resolves.toMatchObject({ status: 200 });
    expect(sentAt).toEqual([0, 0]);
  });

  it.each([1, 2, 5])('lets no more than its number leave in any minute (%i)', async (requestsPerMinute) => {
    const clock = createSteppingClock();
    const { fetch, sentAt } = countingFetch(clock);
    const strict = await startStrictDigestServer({ nonceLifeMs: 20_000, now: clock.monotonic });
    const connection = aConnection(strict.url, { clock, fetch, requestsPerMinute });
    const calls = Promise.all(Array.from({ length: 8 }, () => get(connection)));
    let done = false;
    calls.then(() => {
      done = true;
    });
    for (let step = 0; !done && step < 20_000; step += 1) await clock.step(100);
    await calls;
    // With one a minute, the answer to a challenge goes on credit.
    const most = Math.max(2, requestsPerMinute);
    const crowded = sentAt.filter(
      (at, index) => (sentAt[index + most] ?? Number.POSITIVE_INFINITY) - at < 60_000,
    );
    expect(crowded).toEqual([]);
    expect(strict.counts).toMatchObject({ accepted: 8, failures: 0 });
    await strict.close();
  });
});

describe('an abort', () => {
  const reason = new Error('shutting down');

  it.each<[string, Handler[], number]>([
    ['during a request', [hang], 0],
    ['during the body', [(_request, response) => void response.writeHead(200).write('{')], 0],
    ['while waiting to try again', [answer(500)], 4],
    ['during a pause that the server asked for', [answer(429, { 'Retry-After': '20' })], 4],
  ])('rejects at once with its reason: %s', async (_name, handlers, retries) => {
    const { url, arrivals } = await serve(...handlers);
    const controller = new AbortController();
    const call = get(aConnection(url, { retries, random: () => 1 }), controller.signal);
    const outcome = expect(call).rejects.toBe(reason);
    while (arrivals.length === 0) await settled();
    await settled();
    controller.abort(reason);
    await outcome;
    expect(arrivals).toHaveLength(1);
  });

  it('rejects at once with its reason: before anything was sent', async () => {
    const { url, arrivals } = await serve(ok);
    await expect(get(aConnection(url), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(arrivals).toHaveLength(0);
  });
});

describe('one exchange', () => {
  it('rejects with the reason of its signal, and not with a fault of the network', async () => {
    const { url, arrivals } = await serve(hang);
    const controller = new AbortController();
    const { signal } = controller;
    const caller = { kind: 'connection', name: 'atlas', address: 'baseUrl' } as const;
    const { send } = createHttpClient({ caller, caFile: null, body: { whole: 1_000 } });
    const exchange = createExchange({ send, timeoutMs: 10_000 });
    const outcome = expect(exchange({ url, headers: {}, signal })).rejects.toThrow('shutting down');
    while (arrivals.length === 0) await settled();
    controller.abort(new Error('shutting down'));
    await outcome;
  });
});

describe('what is told of each request', () => {
  it('counts every one, with its status or as an error', async () => {
    const records: RequestRecord[] = [];
    const { url } = await serve(reset, answer(503), ok);
    await get(aConnection(url, { retries: 2, onRequest: (record) => records.push(record) }));
    expect(records.map(({ status }) => status)).toEqual(['error', 503, 200]);
    expect(records.every(({ connection, durationMs }) => connection === 'atlas' && durationMs >= 0)).toBe(
      true,
    );
  });
});

describe('what cannot be set up', () => {
  it('names a CA file that is missing, or is none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ca-'));
    const text = join(folder, 'text.pem');
    writeFileSync(text, 'no certificate');
    for (const caFile of [join(folder, 'missing.pem'), text]) {
      expect(() => aConnection('https://cloud.mongodb.com', { caFile })).toThrow(
        expect.objectContaining({ issues: [{ path: 'caFile', message: expect.stringContaining(caFile) }] }),
      );
    }
  });
});
