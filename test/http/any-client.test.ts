import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFrontDoor } from '../../src/http/door/front-door.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { APPLIED, serve } from './serve.ts';

const TOKEN = 'a-long-enough-token';
const AUTHORIZED = `Authorization: Bearer ${TOKEN}\r\n`;
const run = promisify(execFile);

/** Sends bytes over a socket and closes its own side, or leaves that to the server; resolves with all that came back, once both are closed. */
async function send(url: string, bytes: string, { leavesOpen = false } = {}): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  socket.on('error', () => {});
  socket.write(Buffer.from(bytes, 'latin1'));
  if (!leavesOpen) socket.end();
  await once(socket, 'close');
  return received;
}

const statusesIn = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
const bodyOf = (text: string) => text.slice(text.indexOf('\r\n\r\n') + 4);

function frontDoor() {
  const log = createRecordingLogger();
  const server = createFrontDoor({
    listener: (_request, response) => void response.end(),
    connections: 10,
    loopbackNamesOnly: true,
    logger: log,
  });
  onTestFinished(() => void server.close());
  return { server, log };
}

async function serveReloads() {
  const reload = vi.fn(async () => APPLIED);
  return { reload, ...(await serve({}, { token: () => TOKEN, reload })) };
}

describe('health', () => {
  it.each([
    ['HTTP/1.0 without headers', 'GET /healthz HTTP/1.0\r\n\r\n'],
    ['HTTP/1.0 that keeps the connection', 'GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
    ['HTTP/1.1 without Host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['an empty Host', 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n'],
    ['a Host with an empty port', 'GET /healthz HTTP/1.1\r\nHost: localhost:\r\n\r\n'],
    ['a Host with the dot of the root', 'GET /healthz HTTP/1.1\r\nHost: localhost.:8080\r\n\r\n'],
    ['a port that is none', 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:99999\r\n\r\n'],
    ['the form for proxies', 'GET http://localhost:8080/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['the form for proxies, in capitals', 'GET HTTP://LOCALHOST/healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
    [
      'a body that nobody asked for',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc',
    ],
    [
      'a wish for HTTP/2',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ],
    [
      'odd bytes in a header',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\r\n\r\n',
    ],
    ['an odd query', 'GET /healthz?%ff=%zz&&= HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a fragment', 'GET /healthz#top HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('is told to a client with %s', async (_what, bytes) => {
    const { server, logged } = await serve();
    const answer = await send(server.url, bytes);
    expect(statusesIn(answer)).toEqual([200]);
    expect(bodyOf(answer)).toBe('{"status":"ok"}');
    expect(logged).toEqual([]);
  });

  it.each([
    'localhost',
    'b\u00fccher.example',
    'a b',
    '[::',
    '[fe80::1%eth0]:8080',
    'watcher_1:8080',
    'x@y',
    '',
  ])('is told under the name %j on an address that others can reach', async (name) => {
    const { server } = await serve({}, { host: '0.0.0.0', token: () => TOKEN });
    expect(statusesIn(await send(server.url, `GET /healthz HTTP/1.1\r\nHost: ${name}\r\n\r\n`))).toEqual([
      200,
    ]);
  });

  it('is not told on a loopback address to who asks as a proxy for another name', async () => {
    const { server } = await serve();
    const answer = await send(
      server.url,
      'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    );
    expect(statusesIn(answer)).toEqual([421]);
  });
});

describe('several requests over one connection', () => {
  it('are answered in order, sent at once', async () => {
    const { server } = await serve();
    const paths = Array.from({ length: 60 }, (_, index) => (index % 3 === 2 ? '/nowhere' : '/healthz'));
    const bytes = paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join('');
    expect(statusesIn(await send(server.url, bytes))).toEqual(
      paths.map((path) => (path === '/nowhere' ? 404 : 200)),
    );
  });

  it('are answered in order, with bodies between them', async () => {
    const { server, reload } = await serveReloads();
    const post = (rest: string) => `POST /-/reload HTTP/1.1\r\nHost: localhost\r\n${AUTHORIZED}${rest}`;
    const bytes = [
      post(`Content-Length: 5000\r\n\r\n${'x'.repeat(5_000)}`),
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
      post(`Transfer-Encoding: chunked\r\n\r\n${`5dc\r\n${'x'.repeat(1_500)}\r\n`.repeat(4)}0\r\n\r\n`),
      'GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ].join('');
    expect(statusesIn(await send(server.url, bytes))).toEqual([200, 200, 200, 401]);
    expect(reload).toHaveBeenCalledTimes(2);
  });

  it('are answered over a connection that an HTTP/1.0 client keeps', async () => {
    const { server } = await serve();
    const kept = 'GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    expect(statusesIn(await send(server.url, kept + kept))).toEqual([200, 200]);
  });

  it.each([
    ['no request', 'hello\r\n\r\n', 501, { leavesOpen: true }],
    ['another version of HTTP', 'GET /healthz HTTP/3.0\r\n\r\n', 505, { leavesOpen: true }],
    ['a request that breaks off', 'GET /healthz HTTP/1.1\r\nHost: local', 400],
    ['a body that breaks off', `POST /-/reload HTTP/1.1\r\n${AUTHORIZED}Content-Length: 3\r\n\r\na`, 400],
    ['a wish for a tunnel', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\nhello', 501],
    ['an expectation', 'GET /healthz HTTP/1.1\r\nExpect: more\r\n\r\n', 417],
  ])('are answered before %s is refused', async (_what, bytes, status, how = { leavesOpen: false }) => {
    const { server, reload, logged } = await serveReloads();
    const whole = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    expect(statusesIn(await send(server.url, whole + whole + bytes, how))).toEqual([200, 200, status]);
    expect(reload).not.toHaveBeenCalled();
    expect(logged).toEqual([]);
  });
});

describe('a client that goes away', () => {
  it.each([
    'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET /healthz HTTP/1.1\r\n\r\n',
    'hello\r\n\r\n',
  ])('without waiting for the answer to %j is no fault of the process', async (bytes) => {
    const { server, log } = frontDoor();
    server.on('connection', (socket) => {
      // As when the answer meets a connection that was reset. Nobody hears it: it ends the process, and this test.
      socket.on('data', () => void socket.destroy(new Error('write ECONNRESET')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await send(`http://127.0.0.1:${port}`, bytes);
    await send(`http://127.0.0.1:${port}`, bytes);
    expect(log.lines).toEqual([]);
  });
});

describe('a reload', () => {
  const ask = (rest: string, version = '1.1') => `POST /-/reload HTTP/${version}\r\n${AUTHORIZED}${rest}`;

  it.each([
    ['no body and no length', ask('Host: localhost\r\n\r\n')],
    ['no body, over HTTP/1.0', ask('\r\n', '1.0')],
    ['a length of 0', ask('Host: localhost\r\nContent-Length: 0\r\n\r\n')],
    ['a form', ask('Host: localhost\r\nContent-Length: 3\r\n\r\na=b')],
    ['an empty chunked body', ask('Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')],
    ['a chunked body', ask('Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')],
  ])('is done for a client that sends %s', async (_what, bytes) => {
    const { server, reload, logged } = await serveReloads();
    expect(statusesIn(await send(server.url, bytes))).toEqual([200]);
    expect(reload).toHaveBeenCalledOnce();
    expect(logged).toEqual([]);
  });

  it.each([
    ['by its length', ask(`Host: localhost\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(20_000)}`)],
    [
      'by what comes',
      ask(
        `Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${`3e8\r\n${'x'.repeat(1_000)}\r\n`.repeat(20)}0\r\n\r\n`,
      ),
    ],
  ])('is refused with a body that is too large, %s', async (_what, bytes) => {
    const { server, reload } = await serveReloads();
    const answer = await send(server.url, bytes);
    expect(statusesIn(answer)).toEqual([413]);
    expect(bodyOf(answer)).toContain('body too large');
    expect(reload).not.toHaveBeenCalled();
  });

  it('tells a client that waits for it to send its body', async () => {
    const { server, reload } = await serveReloads();
    const bytes = ask('Host: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc');
    expect(statusesIn(await send(server.url, bytes))).toEqual([100, 200]);
    expect(reload).toHaveBeenCalledOnce();
  });

  it.each([
    ['the length', ask('Host: localhost\r\nContent-Length: 20000\r\nExpect: 100-continue\r\n\r\n'), 413],
    [
      'the method',
      'PUT /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n',
      405,
    ],
    [
      'the token',
      'POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n',
      401,
    ],
  ])('does not have it sent where %s is refused anyway', async (_what, bytes, status) => {
    const { server } = await serveReloads();
    expect(statusesIn(await send(server.url, bytes))).toEqual([status]);
  });

  it('is not done, and no fault, when the client goes away in the middle of its body', async () => {
    const { server, reload, logged } = await serveReloads();
    const bytes = ask('Host: localhost\r\nContent-Length: 300\r\n\r\nabc');
    const answer = await send(server.url, bytes);
    expect(statusesIn(answer)).toEqual([400]);
    expect(bodyOf(answer)).toContain('did not come to its end');
    expect(reload).not.toHaveBeenCalled();
    expect(logged).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each([
    [
      'a method that is not offered, before its body',
      'POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n',
      405,
    ],
    [
      'the same with a chunked body',
      'PUT /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
      405,
    ],
    ['a method of others', 'PROPFIND /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['OPTIONS', 'OPTIONS /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['OPTIONS of everything', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['TRACE', 'TRACE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
    ['CONNECT', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
    ['a method that nobody knows', 'BREW /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
    ['a method in small letters', 'get /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
    [
      'what it does not know as an expectation',
      'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\n\r\n',
      417,
    ],
    ['several names', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n', 400],
    ['a target that is no path', 'GET ftp://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['everything as a path', 'GET * HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['a backslash', 'GET /api\\v1 HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['bytes that are no ASCII', 'GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    [
      'two lengths',
      'POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a length below 0', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n', 400],
    [
      'headers that are too large',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['a path that is too long', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['TLS', '\x16\x03\x01\x02\x00\x01', 501],
    ['two slashes', 'GET //healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
    ['two slashes and a name', 'GET //evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
    ...['%00', '%ff', '%zz', '%', '%c0%af', '%ed%a0%80', 'x%2Fy', '^`{|}"<>', '..%2f..%2fetc'].map(
      (id): [string, string, number] => [
        `the job ${id}`,
        `GET /api/v1/jobs/${id} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
        404,
      ],
    ),
    ...['limit=%', 'state=%ff', '%ff=1', 'since=%00', '__proto__=1'].map(
      (query): [string, string, number] => [
        `the query ${query}`,
        `GET /api/v1/transitions?${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
        400,
      ],
    ),
  ])('is refused in JSON, and not logged: %s', async (_what, bytes, status) => {
    const { server, logged } = await serve();
    const answer = await send(server.url, bytes);
    expect(statusesIn(answer)).toEqual([status]);
    expect(JSON.parse(bodyOf(answer))).toEqual({ error: expect.any(String), hint: expect.any(String) });
    expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
    expect(logged).toEqual([]);
  });
});

describe('curl', async () => {
  const isInstalled = await run('curl', ['--version']).then(
    () => true,
    () => false,
  );

  it.runIf(isInstalled).each([
    ['a read', [], '/healthz', 200],
    ['HTTP/1.0', ['--http1.0'], '/healthz', 200],
    ['no Host', ['-H', 'Host:'], '/healthz', 200],
    ['an empty Host', ['-H', 'Host;'], '/healthz', 200],
    ['an upgrade to HTTP/2', ['--http2'], '/healthz', 200],
    ['HEAD', ['-I'], '/readyz', 200],
    ['a reload without a body', ['-X', 'POST', '-H', `Authorization: Bearer ${TOKEN}`], '/-/reload', 200],
    ['a reload with an empty body', ['-d', '', '-H', `Authorization: Bearer ${TOKEN}`], '/-/reload', 200],
    ['a reload with a form', ['-d', 'a=b', '-H', `Authorization: Bearer ${TOKEN}`], '/-/reload', 200],
    [
      'a reload in chunks',
      ['-d', 'a=b', '-H', 'Transfer-Encoding: chunked', '-H', `Authorization: Bearer ${TOKEN}`],
      '/-/reload',
      200,
    ],
    [
      'a large body, asked for first',
      ['-d', 'x'.repeat(60_000), '-H', 'Expect: 100-continue', '-H', `Authorization: Bearer ${TOKEN}`],
      '/-/reload',
      413,
    ],
    ['a large body where none is taken', ['-d', 'x'.repeat(60_000)], '/api/v1/jobs', 405],
  ])('is answered: %s', async (_what, options, path, status) => {
    const { server } = await serveReloads();
    const args = ['-q', '-sS', '--noproxy', '*', '-m', '20', '-o', '/dev/null', '-w', '%{http_code}'];
    const { stdout } = await run('curl', [...args, ...options, server.url + path]);
    expect(Number(stdout)).toBe(status);
  });
});
