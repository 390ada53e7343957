import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../refusal.ts';

/** What a request asks for, and under which name. */
export interface Target {
  /** Begins with `/`; the query stands in it. */
  path: string;
  /** Of the host, perhaps with a port; `''` where the client gives none, as HTTP/1.0 allows. */
  name: string;
}

/**
 * Reads the path and the name of a request in each form that HTTP/1.1 has (RFC 9112, 3.2): `/path`, `http://name/path` as for a proxy
 * (its name counts, not that of `Host`), and `*`, which only OPTIONS asks for.
 */
export function readTarget(
  request: Pick<IncomingMessage, 'url' | 'method' | 'headersDistinct'>,
): Target | Refusal {
  const { url = '', method, headersDistinct } = request;
  const [name = '', ...otherNames] = headersDistinct.host ?? [];
  if (otherNames.length > 0) return badRequest('there are several Host headers', 'send one');
  const absolute = /^https?:\/\/(?<name>[^/?#]*)(?<path>.*)$/is.exec(url)?.groups;
  const target = absolute ? { name: absolute.name ?? '', path: absolute.path ?? '' } : { name, path: url };
  const path = target.path === '*' && method === 'OPTIONS' ? '/' : target.path.replace(/^(?=\?|$)/, '/');
  if (!path.startsWith('/')) return badRequest('this is not a path', 'ask for a path such as /healthz');
  // Browsers read it as a slash, URL parsers too; no path here has one.
  if (/^[^?]*\\/.test(path)) return badRequest('there is a backslash in the path', 'write it as %5C');
  return { name: target.name, path };
}

function badRequest(error: string, hint: string): Refusal {
  return { status: 400, error, hint };
}
