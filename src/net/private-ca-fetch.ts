import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { trustedCas } from './ca-file.ts';

/** What we need of fetch; the built-in one will do. */
export type HttpFetch = (
  url: string,
  init: {
    method: 'GET' | 'POST';
    headers: Record<string, string>;
    body: string | null;
    redirect: 'error';
    signal: AbortSignal;
  },
) => Promise<Response>;

/**
 * A fetch over https that trusts the CA in a PEM file, where one is given, besides the well-known ones: the built-in one takes no CA
 * for a single connection. Keeps connections alive, honours proxies as the global agent does, and hands redirects back as they are.
 * @throws {ConfigError} see `trustedCas`.
 */
export function createTrustingFetch(
  caFile: string | null,
  connection: string,
): { fetch: HttpFetch; close: () => void } {
  const ca = caFile === null ? {} : { ca: trustedCas(caFile, `connection ${connection}`) };
  const agent = new https.Agent({ ...https.globalAgent.options, keepAlive: true, ...ca });
  const fetch: HttpFetch = (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      https
        .request(url, { agent, method, headers, signal }, (message) => resolve(responseOf(message)))
        .on('error', reject)
        .end(body ?? undefined);
    });
  return { fetch, close: () => agent.destroy() };
}

/** True when requests over https go through a proxy, unless their host is exempted. */
export function hasProxy(): boolean {
  return https.globalAgent.options.proxyEnv !== undefined;
}

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '');
  }
  const status = message.statusCode ?? 0;
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  if (!hasBody) message.resume();
  return new Response(hasBody ? Readable.toWeb(message) : null, { status, headers });
}
