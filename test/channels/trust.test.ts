import { readFileSync } from 'node:fs';
import { setGlobalProxyFromEnv } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { networkFault } from '../../src/channels/http-outcome.ts';
import { createPoster } from '../../src/channels/http-post.ts';
import { createHeartbeatCaller } from '../../src/health/heartbeat-call.ts';
import { tlsHint } from '../../src/net/tls-fault.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { startRawServer } from '../support/raw-server.ts';
import { failureOf, never } from './notifier-contract.ts';

const TLS = join(import.meta.dirname, '../fixtures/tls');
const CA = join(TLS, 'ca.pem');
const endings: Array<() => unknown> = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function aTlsServer() {
  const [key = '', cert = ''] = ['server-key.pem', 'server.pem'].map((name) =>
    readFileSync(join(TLS, name), 'utf8'),
  );
  const server = await startRawServer({ key, cert });
  endings.push(server.close);
  return server;
}

function post(url: string, caFile: string | null) {
  const { post: send, close } = createPoster({ channel: 'siem', caFile });
  endings.push(close);
  return failureOf(
    send({ url, headers: {}, body: '{}', signal: never }).catch((thrown: unknown) => {
      throw networkFault(thrown, 'the webhook', 10_000, never);
    }),
  );
}

describe('a receiver that cannot be trusted', () => {
  it('is told apart by what is wrong with it, with what to do', async () => {
    const { port } = await aTlsServer();
    expect(await post(`https://localhost:${port}/hook`, null)).toMatchObject({
      reason: 'unavailable',
      retryable: true,
      message: expect.stringMatching(/^no trusted connection to the webhook \(.*\)$/),
      hint: expect.stringMatching(/set caFile on the channel \(or NODE_EXTRA_CA_CERTS\)/),
    });
    // The certificate is for localhost alone.
    const proxy = await startConnectProxy({ toPort: port });
    endings.push(proxy.close, setGlobalProxyFromEnv({ HTTPS_PROXY: proxy.url }));
    expect(await post('https://siem.private/hook', CA)).toMatchObject({
      reason: 'unavailable',
      retryable: true,
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
      hint: expect.stringMatching(/for another host name: check url/),
    });
  });

  it.each([
    ['CERT_HAS_EXPIRED', null, /has run out/],
    ['CERT_NOT_YET_VALID', null, /not valid yet.*clock/],
    ['CERT_REVOKED', null, /revoked/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', CA, /another host name/],
    ['SELF_SIGNED_CERT_IN_CHAIN', null, /set caFile on the channel/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', CA, /neither by an authority in caFile \(.*ca\.pem\)/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', null, /set caFile on the channel/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', CA, /does it hold the root/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', null, /does that port speak http/],
    ['EPROTO', null, /does that port speak http/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', null, /asks for a certificate of ours/],
  ])('has a hint of its own: %s', (code, caFile, hint) => {
    expect(tlsHint(code, { address: 'url', place: 'the channel', caFile })).toMatch(hint);
  });

  it('is told of the heartbeat as well', async () => {
    const { port } = await aTlsServer();
    const caller = createHeartbeatCaller({ caFile: null });
    endings.push(caller.close);
    expect(await caller.call(`https://localhost:${port}/secret`, never)).toMatchObject({
      kind: 'refused',
      detail: expect.stringMatching(/^no trusted connection to it/),
      hint: expect.stringContaining('set caFile on the heartbeat'),
    });
  });
});

describe('a proxy between us and a receiver', () => {
  it('is named when it wants a login, and what waits is tried again', async () => {
    const proxy = await startConnectProxy({ toPort: 1, status: 407 });
    endings.push(proxy.close, setGlobalProxyFromEnv({ HTTPS_PROXY: proxy.url }));
    expect(await post('https://siem.private/hook', null)).toMatchObject({
      reason: 'unavailable',
      retryable: true,
      message: 'the proxy wants a login (407)',
      hint: expect.stringContaining('HTTPS_PROXY'),
    });
    expect(proxy.asked).toHaveLength(1);
  });

  it('is not asked again and again when it cuts the tunnel', async () => {
    const proxy = await startConnectProxy({ toPort: 1, cuts: true });
    endings.push(proxy.close, setGlobalProxyFromEnv({ HTTPS_PROXY: proxy.url }));
    expect(await post('https://siem.private/hook', null)).toMatchObject({
      retryable: true,
      message: 'the proxy cut the way to the webhook',
    });
    expect(proxy.asked).toHaveLength(1);
  });
});
