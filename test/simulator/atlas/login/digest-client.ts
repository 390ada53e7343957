import { createHash } from 'node:crypto';

/** The parameters of a digest challenge or answer. */
export type DigestFields = Record<string, string>;

/** Reads a challenge. */
export function readChallenge(header: string | null): DigestFields {
  const pairs = (header ?? '').replace(/^Digest /, '').matchAll(/(\w+)=(?:"([^"]*)"|([^,\s]*))/g);
  return Object.fromEntries([...pairs].map(([, name, quoted, plain]) => [name, quoted ?? plain ?? '']));
}

/** An Authorization header made by the book (RFC 7616, MD5, qop=auth), from scratch. `over` replaces single fields after the response is made. */
export function authorize(
  login: { user: string; password: string; method?: string; uri: string; nonce: string; nc: number },
  over: DigestFields = {},
): string {
  const { user, password, method = 'GET', uri, nonce } = login;
  const nc = login.nc.toString(16).padStart(8, '0');
  const cnonce = 'abcdef';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const secret = md5(`${user}:MMS Public API:${password}`);
  const response = md5(`${secret}:${nonce}:${nc}:${cnonce}:auth:${md5(`${method}:${uri}`)}`);
  const fields = { username: user, realm: 'MMS Public API', nonce, uri, response, cnonce, ...over };
  const { qop = 'auth', algorithm = 'MD5', nc: count = nc, ...quoted } = fields as DigestFields;
  const parts = Object.entries(quoted).map(([name, value]) => `${name}="${value}"`);
  return `Digest ${[...parts, `qop=${qop}`, `nc=${count}`, `algorithm=${algorithm}`].join(', ')}`;
}

/** A client that logs in afresh for each request: 401, then the answer to it. */
export async function fetchByDigest(
  url: string,
  login: { user: string; password: string },
  init: RequestInit = {},
): Promise<Response> {
  const challenged = await fetch(url, init);
  await challenged.arrayBuffer();
  const { nonce = '' } = readChallenge(challenged.headers.get('www-authenticate'));
  const { pathname, search } = new URL(url);
  const authorization = authorize({
    ...login,
    uri: pathname + search,
    nonce,
    nc: 1,
    method: init.method ?? 'GET',
  });
  return fetch(url, {
    ...init,
    headers: { ...Object.fromEntries(new Headers(init.headers)), authorization },
  });
}
