import type { Context } from 'hono';
import { encode, encodePieces } from '../compress.ts';

/** What a page may load, and from where; no script or style stands in it. */
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // Under `no-referrer`, which everything else here has, browsers say of a form that it comes from nowhere (`Origin: null`).
  'Referrer-Policy': 'same-origin',
};

/** Answers with a page, compressed as the browser takes it. */
export async function htmlAnswer(
  c: Context,
  html: string,
  status: 200 | 400 | 401 | 403 | 404 | 409 | 429 | 503 = 200,
): Promise<Response> {
  const { body, headers } = await encode(html, c.req.header('accept-encoding'));
  return c.body(new Uint8Array(body), status, { ...PAGE_HEADERS, ...headers });
}

/**
 * Answers with a page of which the pieces are sent one by one, compressed as the browser takes it. It is begun before anything can go wrong: of that
 * a piece has to tell.
 */
export function htmlInPieces(c: Context, pieces: AsyncIterable<string>): Response {
  if (c.req.method === 'HEAD') return c.body(null, 200, PAGE_HEADERS);
  const { body, headers } = encodePieces(pieces, c.req.header('accept-encoding'));
  return c.body(body, 200, { ...PAGE_HEADERS, ...headers });
}
