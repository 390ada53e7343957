import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDigestAuth } from '../../src/simulator/atlas/login/digest-auth.ts';
import { aConnection, get } from '../source/support.ts';
import { makeCertificate } from '../support/private-certificate.ts';

const certificate = makeCertificate('IP:127.0.0.1');
const { caFile, keyFile } = certificate ?? { caFile: '', keyFile: '' };
afterAll(() => certificate?.remove());

describe.skipIf(!certificate)('a connection to a server with a private CA', () => {
  let server: Server;
  let url = '';
  let connections = 0;

  beforeAll(async () => {
    const auth = createDigestAuth({ publicKey: 'public', privateKey: 'private', now: () => 0 });
    server = createServer({ cert: readFileSync(caFile), key: readFileSync(keyFile) }, (request, response) => {
      const verdict = auth.verify('GET', request.url ?? '', request.headers.authorization);
      if (!verdict.ok) return response.writeHead(401, { 'WWW-Authenticate': verdict.challenge }).end('{}');
      if (request.url === '/moved') return response.writeHead(302, { Location: '/' }).end();
      if (request.url === '/reset') return request.socket.destroy();
      if (request.url === '/hang') return;
      if (request.url === '/cut') {
        response.writeHead(200, { 'Content-Length': '100' }).write('{');
        return setImmediate(() => request.socket.destroy());
      }
      const zipped = /gzip/.test(String(request.headers['accept-encoding']));
      response.writeHead(200, zipped ? { 'Content-Encoding': 'gzip' } : {});
      response.end(zipped ? gzipSync('{"fine":true}') : '{"fine":true}');
    });
    server.on('secureConnection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('trusts it by caFile, and keeps its connection alive', async () => {
    const connection = aConnection(url, { caFile });
    for (let call = 0; call < 3; call += 1) {
      await expect(get(connection)).resolves.toMatchObject({ body: { fine: true } });
    }
    expect(connections).toBe(1);
    await connection.close();
  });

  it('does not trust it without, says so, and does not try again', async () => {
    let requests = 0;
    const connection = aConnection(url, { retries: 4, onRequest: () => (requests += 1) });
    await expect(get(connection)).rejects.toMatchObject({
      reason: 'unavailable',
      retryable: false,
      hint: expect.stringContaining('caFile'),
    });
    expect(requests).toBe(1);
  });

  it.each([
    ['/moved', 'bad_response', false],
    ['/reset', 'unavailable', true],
    ['/cut', 'unavailable', true],
    ['/hang', 'timeout', true],
  ])('has the same words for the faults: %s', async (path, reason, retryable) => {
    const connection = aConnection(url, { caFile, requestTimeoutMs: path === '/hang' ? 100 : 10_000 });
    await expect(get(connection, undefined, path)).rejects.toMatchObject({ reason, retryable });
    await connection.close();
  });

  it('rejects at once with the reason of an abort', async () => {
    const connection = aConnection(url, { caFile });
    const controller = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      server.on('request', ({ headers }) => headers.authorization && resolve());
    });
    const outcome = expect(get(connection, controller.signal, '/hang')).rejects.toThrow('shutting down');
    await arrived;
    controller.abort(new Error('shutting down'));
    await outcome;
    await connection.close();
  });
});
