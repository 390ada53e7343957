import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopbackName } from '../net/loopback.ts';

/**
 * True when a request comes under a loopback name, or under none. A page on the internet can make a browser send requests to
 * 127.0.0.1 under a name of its own (DNS rebinding) and read the answers. The request then holds that name: a browser always gives one.
 */
export function isLoopbackHostHeader(header: string): boolean {
  const name = header.replace(/:\d*$/, '').replace(/\.$/, '');
  return name === '' || isLoopbackName(name);
}

/**
 * True when a request may read: it brings the token, or none is demanded (`null`). The comparison takes the same time whatever was
 * given. Not `hono/bearer-auth`, which answers a header in another form with 400, refuses a token with characters outside its
 * alphabet, and cannot be asked without refusing: `/readyz` says less without a token, and is no refusal.
 */
export function mayRead(authorization: string | undefined, token: string | null): boolean {
  if (token === null) return true;
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(sha256(given), sha256(token));
}

/** Makes texts of any length comparable: `timingSafeEqual` throws for lengths that differ. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
