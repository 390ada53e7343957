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

/** Who has which token may do what; `null`: there is none. */
export interface Tokens {
  /** May act, and read. */
  token: string | null;
  /** May read. */
  viewToken: string | null;
}

/** True when no token is set: whoever can connect may read. */
export function isOpen({ token, viewToken }: Tokens): boolean {
  return token === null && viewToken === null;
}

/** What whoever asks may do: `actor` everything, `viewer` read. */
export type Role = 'actor' | 'viewer';

/**
 * Tells what a request may do by the token that it brings; `null`: nothing. Where no token is set everybody may read. The comparison takes
 * the same time whatever was given. A token may hold blanks. Not `hono/bearer-auth`, which answers a header in another form with 400,
 * refuses a token with characters outside its alphabet, and cannot be asked without refusing: `/readyz` says less without a token, and is
 * no refusal.
 */
export function roleOf(authorization: string | undefined, tokens: Tokens): Role | null {
  if (isOpen(tokens)) return 'viewer';
  const { token, viewToken } = tokens;
  const given = sha256(/^Bearer +(.*)$/i.exec(authorization ?? '')?.[1]?.trimEnd() ?? '');
  const [acts, views] = [token, viewToken].map(
    (each) => each !== null && timingSafeEqual(given, sha256(each)),
  );
  if (acts) return 'actor';
  return views ? 'viewer' : null;
}

/** Makes texts of any length comparable: `timingSafeEqual` throws for lengths that differ. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
