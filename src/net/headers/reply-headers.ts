import type { IncomingMessage } from 'node:http';

/** The headers of an answer. Names are given in lower case; what came several times is one text, with commas in between. */
export type ReplyHeaders = Pick<Headers, 'get' | 'has'>;

/**
 * The headers of an answer over node:http, which knows them already: the `Headers` of fetch would check and copy each of them, and load
 * the whole of fetch for it (3 MB, 25 ms).
 */
export function headersOf(message: Pick<IncomingMessage, 'headersDistinct'>): ReplyHeaders {
  const { headersDistinct } = message;
  const has = (name: string): boolean => Object.hasOwn(headersDistinct, name);
  return { has, get: (name) => (has(name) ? (headersDistinct[name] ?? []).join(', ') : null) };
}
