import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { useProxies } from '../../../src/net/proxies.ts';
import type { ConnectionOptions } from '../../../src/source/connection.ts';
import { type ConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { makeCertificate } from '../../support/private-certificate.ts';
import { startStrictDigestServer } from '../../support/strict-digest-server.ts';
import { aConnection, get } from '../support.ts';

/** A name that only the proxy knows. */
const ATLAS = 'https://atlas.private:8443';

const certificate = makeCertificate('DNS:atlas.private', 'IP:127.0.0.1');
const stranger = makeCertificate('DNS:atlas.private');
const endings: Array<() => Promise<unknown> | unknown> = [];

function throughProxy(env: Record<string, string>): void {
  const used = useProxies(env);
  if ('fault' in used) throw new Error(used.fault);
  endings.push(used.restore);
}

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(() => {
  certificate?.remove();
  stranger?.remove();
});

describe.skipIf(!certificate)('with a proxy in the environment', () => {
  const { caFile, keyFile } = certificate ?? { caFile: '', keyFile: '' };
  let server: Server;
  let port = 0;

  beforeAll(async () => {
    server = createServer(
      { cert: readFileSync(caFile), key: readFileSync(keyFile) },
      (_request, response) => {
        response.setHeader('Connection', 'close').end('{"fine":true}');
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function aProxy(status?: number): Promise<ConnectProxy> {
    const proxy = await startConnectProxy({ toPort: port, ...(status === undefined ? {} : { status }) });
    endings.push(proxy.close);
    return proxy;
  }

  function connect(baseUrl: string, over: Partial<ConnectionOptions> = {}) {
    const connection = aConnection(baseUrl, over);
    endings.push(connection.close);
    return connection;
  }

  /** Both ways to fetch: node:https, where there is a CA of its own, and the built-in one, for which the CA is everybody's. */
  const ways: Array<[string, () => Partial<ConnectionOptions>]> = [
    ['with caFile', () => ({ caFile })],
    [
      'without caFile',
      () => {
        const usual = getCACertificates('default');
        setDefaultCACertificates([...usual, readFileSync(caFile, 'utf8')]);
        endings.push(() => setDefaultCACertificates(usual));
        return {};
      },
    ],
  ];

  describe.each(ways)('%s', (_name, over) => {
    it('asks it for a tunnel, with the login that stands in its address', async () => {
      const proxy = await aProxy();
      throughProxy({ HTTPS_PROXY: proxy.url.replace('//', '//user:p%40ss@') });
      await expect(get(connect(ATLAS, over()))).resolves.toMatchObject({ body: { fine: true } });
      expect(proxy.asked).toEqual(['atlas.private:8443']);
      expect(proxy.logins).toEqual([`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
    });

    it('leaves it out for hosts in NO_PROXY', async () => {
      const proxy = await aProxy();
      throughProxy({ HTTPS_PROXY: proxy.url, NO_PROXY: 'other.example,.private' });
      const call = get(connect(ATLAS, over()));
      await expect(call).rejects.toMatchObject({
        message: expect.stringMatching(/atlas\.private.*ENOTFOUND|EAI_AGAIN/),
      });
      expect(proxy.asked).toEqual([]);
    });

    it('leaves it out for loopback addresses, whatever NO_PROXY says', async () => {
      const proxy = await aProxy();
      throughProxy({ HTTPS_PROXY: proxy.url, NO_PROXY: 'other.example' });
      await expect(get(connect(`https://127.0.0.1:${port}`, over()))).resolves.toMatchObject({ status: 200 });
      expect(proxy.asked).toEqual([]);
    });

    it.each([
      [407, 'refused', false, /wants a login \(407\)/, /user and a password into HTTPS_PROXY/],
      [403, 'refused', false, /does not let us through to atlas\.private:8443 \(403\)/, /NO_PROXY/],
      [502, 'unavailable', true, /does not reach atlas\.private:8443 \(502\)/, /baseUrl/],
    ])('says so when it refuses with %i', async (status, reason, retryable, message, hint) => {
      const proxy = await aProxy(status);
      throughProxy({ HTTPS_PROXY: proxy.url.replace('//', '//user:canary@') });
      const error: Error = await get(connect(ATLAS, over())).then(
        () => expect.unreachable(),
        (thrown: Error) => thrown,
      );
      expect(error).toMatchObject({ reason, retryable, hint: expect.stringMatching(hint) });
      expect(error.message).toMatch(message);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary');
    });

    it('asks it once, not again and again, when it cuts the tunnel', async () => {
      const proxy = await startConnectProxy({ toPort: port, cuts: true });
      endings.push(proxy.close);
      throughProxy({ HTTPS_PROXY: proxy.url });
      await expect(get(connect(ATLAS, over()))).rejects.toMatchObject({
        reason: 'unavailable',
        retryable: true,
        message: 'the proxy cut the way to atlas.private:8443',
      });
      expect(proxy.asked).toHaveLength(1);
    });

    it('says so when nobody listens at its address, or it has none', async () => {
      const gone = await startConnectProxy({ toPort: port });
      await gone.close();
      throughProxy({ HTTPS_PROXY: gone.url });
      await expect(get(connect(ATLAS, over()))).rejects.toMatchObject({
        reason: 'unavailable',
        retryable: true,
        message: `no answer from the proxy ${new URL(gone.url).host} (ECONNREFUSED)`,
        hint: expect.stringMatching(/HTTPS_PROXY.*atlas\.private.*NO_PROXY/),
      });
      throughProxy({ HTTPS_PROXY: 'http://proxy.invalid:3128' });
      await expect(get(connect(ATLAS, over()))).rejects.toMatchObject({
        message: expect.stringMatching(/^no answer from the proxy proxy\.invalid \((ENOTFOUND|EAI_AGAIN)\)$/),
      });
    });
  });

  it('does not trust what is behind it without a CA, and says how to', async () => {
    const proxy = await aProxy();
    throughProxy({ HTTPS_PROXY: proxy.url });
    await expect(get(connect(ATLAS))).rejects.toMatchObject({
      reason: 'unavailable',
      retryable: false,
      hint: expect.stringContaining('set caFile on the connection'),
    });
  });

  it('names a caFile that is of another authority', async () => {
    const proxy = await aProxy();
    throughProxy({ HTTPS_PROXY: proxy.url });
    const wrong = stranger?.caFile ?? '';
    await expect(get(connect(ATLAS, { caFile: wrong }))).rejects.toMatchObject({
      reason: 'unavailable',
      retryable: false,
      hint: expect.stringContaining(`caFile (${wrong})`),
    });
  });
});

describe('without a proxy', () => {
  it('a server where nobody listens is not taken for one', async () => {
    const strict = await startStrictDigestServer();
    await strict.close();
    await expect(get(aConnection(strict.url))).rejects.toMatchObject({
      message: expect.stringMatching(/^no answer from 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/),
    });
  });
});

describe('an address that cannot be a proxy’s', () => {
  it.each(['proxy:3128', 'socks5://127.0.0.1:1080', 'http//user:canary@proxy'])(
    'is a fault that names the variable and not its value: %s',
    (address) => {
      expect(useProxies({ HTTPS_PROXY: address })).toEqual({
        fault: 'HTTPS_PROXY is not the address of a proxy; expected "http://host:port"',
      });
    },
  );

  it('is not an empty one', () => {
    const used = useProxies({ HTTPS_PROXY: '', https_proxy: '', NO_PROXY: '*' });
    expect(used).toHaveProperty('restore');
    if ('restore' in used) used.restore();
  });
});
