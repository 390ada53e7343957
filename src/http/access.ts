import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopbackName } from '../net/loopback.ts';

/**
 * True when the `Host` header names this machine by a loopback name. A page on the internet can make a browser send requests to
 * 127.0.0.1 under a name of its own (DNS rebinding) and read the answers; the header then still holds that name.
 */
export function isLoopbackHostHeader(header: string | undefined): boolean {
  if (header === undefined) return false;
  return isLoopbackName(header.replace(/:\d+$/, ''));
}

/** Compares in constant time. `token: null` means that none is demanded. */
export function mayRead(authorization: string | undefined, token: string | null): boolean {
  if (token === null) return true;
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token));
}

/** Equal lengths for the comparison, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
