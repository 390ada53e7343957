import { createServer, type RequestListener } from 'node:http';
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { AtlasSimulator } from '../../src/simulator/atlas/atlas.ts';
import { listenOnLoopback } from '../../src/simulator/loopback.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { createAuthority, type PrivateAuthority, startTlsFront } from '../support/private-authority.ts';
import { anAtlas, aServer, configFor, expectFault, type Settings } from './check-online-support.ts';
import { command, settle } from './support.ts';

describe('what is not Atlas', () => {
  const html = { 'content-type': 'text/html' };
  const page = '<html><body>Log in</body></html>';

  it.each<[what: string, answer: RequestListener, hint: RegExp]>([
    ['a firewall that forbids', (_q, r) => r.writeHead(403, html).end(page), /proxy or firewall refuses/],
    ['a web server without the API', (_q, r) => r.writeHead(404, html).end(page), /check baseUrl/],
    ['a login page', (_q, r) => r.writeHead(200, html).end(page), /login page.*check baseUrl/],
    [
      'a proxy that wants a login',
      (_q, r) => r.writeHead(407, html).end(page),
      /proxy on the way wants a login.*HTTPS_PROXY/,
    ],
    [
      'a gateway with nothing behind it',
      (_q, r) => r.writeHead(502, html).end(page),
      /cannot answer at the moment/,
    ],
    ['a redirect', (_q, r) => r.writeHead(302, { location: '/login' }).end(), /Redirects are not followed/],
    [
      'another login',
      (_q, r) => r.writeHead(401, { 'www-authenticate': 'Basic' }).end('{}'),
      /Check baseUrl/,
    ],
    ['other JSON', (_q, r) => r.writeHead(200).end('{"hello":"world"}'), /not how the Atlas API answers/],
    ['a cut connection', (q) => q.socket.destroy(), /cut/],
  ])('%s', async (what, answer, hint) => {
    const step = what === 'another login' ? 'credential' : 'connection';
    await expectFault(configFor(await aServer(answer)), { step, code: null, hint });
  });

  it('silence', async () => {
    const url = await aServer(() => {});
    const config = configFor(url, {}, { requestTimeout: '200ms' });
    await expectFault(config, { step: 'connection', code: null, hint: /requestTimeout/ });
  });

  it('an address where nobody listens', async () => {
    const { host, port, close } = await listenOnLoopback(createServer());
    await close();
    const config = configFor(`http://${host}:${port}`);
    await expectFault(config, { step: 'connection', code: null, hint: /Nothing listens there/ });
  });

  it('a host name that nobody knows', async () => {
    const config = configFor('https://atlas.invalid');
    await expectFault(config, { step: 'connection', code: null, hint: /host name is not known/ });
  });

  it('https where http is spoken', async () => {
    const url = await aServer((_request, response) => response.end());
    const config = configFor(url.replace('http:', 'https:'));
    await expectFault(config, { step: 'connection', code: null, hint: /no TLS|not TLS/ });
  });
});

const ATLAS = 'atlas.example.com';
const authority = createAuthority([ATLAS]);
const stranger = createAuthority([ATLAS]);
afterAll(() => {
  authority?.remove();
  stranger?.remove();
});

describe.skipIf(authority === null)('a private network', () => {
  const { caFile } = authority ?? { caFile: '' };
  let atlas: AtlasSimulator;
  let port = 0;

  beforeEach(async () => {
    atlas = await anAtlas();
    const front = await startTlsFront(atlas.url, authority as PrivateAuthority);
    onTestFinished(() => front.close());
    port = front.port;
  });

  async function aProxy(status?: number): Promise<string> {
    const proxy = await startConnectProxy({ toPort: port, ...(status === undefined ? {} : { status }) });
    onTestFinished(() => proxy.close());
    return proxy.url;
  }

  /** Runs the program, since a proxy is set for a whole process. */
  async function check(baseUrl: string, connection: Settings, env: Record<string, string> = {}) {
    const home = await settle(configFor(baseUrl, {}, connection));
    const result = await command(home, ['check', '--online'], env);
    expect(result.stdout + result.stderr).not.toMatch(/^ {4}at |canary/m);
    return result;
  }

  it('is no fault with caFile, nor through a proxy', async () => {
    expect((await check(`https://127.0.0.1:${port}`, { caFile })).code).toBe(0);
    expect((await check(`https://${ATLAS}`, { caFile }, { HTTPS_PROXY: await aProxy() })).code).toBe(0);
  });

  it.each<[what: string, settings: Settings, hint: RegExp]>([
    ['no caFile', {}, /private certificate authority set caFile/],
    ['a caFile of another authority', { caFile: stranger?.caFile }, /neither by an authority in caFile/],
  ])('is named where it goes wrong: %s', async (_what, settings, hint) => {
    const { code, stdout } = await check(`https://127.0.0.1:${port}`, settings);
    expect(code).toBe(1);
    expect(stdout).toMatch(hint);
  });

  it('is named where the certificate is for another host', async () => {
    const env = { HTTPS_PROXY: await aProxy() };
    const { code, stdout } = await check('https://other.example.com', { caFile }, env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/certificate is for another host name/);
  });

  it.each<[what: string, status: number, hint: RegExp]>([
    ['wants a login', 407, /user and a password into HTTPS_PROXY/],
    ['does not let us through', 403, /let us through to atlas\.example\.com.*NO_PROXY/],
    ['does not reach the host', 502, /whether the proxy can reach it/],
  ])('is named where the proxy %s', async (_what, status, hint) => {
    const { code, stdout } = await check(
      `https://${ATLAS}`,
      { caFile },
      { HTTPS_PROXY: await aProxy(status) },
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(hint);
  });

  it.each<[what: string, proxy: string]>([
    ['a proxy that nobody knows', 'http://canary:canary@proxy.invalid:3128'],
    ['a proxy that does not run', 'http://canary:canary@127.0.0.1:1'],
  ])('is named where HTTPS_PROXY is that of %s', async (_what, proxy) => {
    const { code, stdout } = await check(`https://${ATLAS}`, { caFile }, { HTTPS_PROXY: proxy });
    expect(code).toBe(1);
    expect(stdout).toMatch(/no answer from the proxy [\s\S]*Check HTTPS_PROXY/);
  });

  it('is refused with 2 where HTTPS_PROXY is no address', async () => {
    const { code, stderr } = await check(`https://${ATLAS}`, { caFile }, { HTTPS_PROXY: 'canary' });
    expect(code).toBe(2);
    expect(stderr).toContain('HTTPS_PROXY');
  });
});
