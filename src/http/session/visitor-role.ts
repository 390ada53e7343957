import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Clock } from '../../clock.ts';
import type { Viewer } from '../../views/page/viewer.ts';
import { isOpen, type Role, roleOf, type Tokens } from '../access.ts';
import { openSession } from './cookie.ts';
import { hostOf } from './own-page.ts';

/** By what requests are judged. */
export interface RoleDeps {
  tokens: () => Tokens;
  clock: Clock;
}

/** Tells what a request may do: by the token in its header, else by the cookie of a login; `null`: nothing. */
export function roleOfRequest(c: Context, { tokens, clock }: RoleDeps): Role | null {
  const inForce = tokens();
  if (isOpen(inForce) || bringsToken(c)) return roleOf(c.req.header('authorization'), inForce);
  const cookie = getCookie(c, cookieName(c));
  return cookie === undefined ? null : openSession(cookie, inForce, clock.now());
}

/** True when a request brings a token in its header, as programs do and no web page can make a browser do. */
export function bringsToken(c: Context): boolean {
  return /^Bearer\b/i.test(c.req.header('authorization') ?? '');
}

/** Names the cookie after the port: browsers give a cookie to every port of a host, and two watchers may be forwarded to the same. */
export function cookieName(c: Context): string {
  const port = /:(\d+)$/.exec(hostOf(c))?.[1];
  return port === undefined ? 'restore-watcher' : `restore-watcher-${port}`;
}

/** Tells who looks at a page; `null`: nobody who may. */
export function viewerOf(c: Context, deps: RoleDeps): Viewer | null {
  return isOpen(deps.tokens()) ? 'anybody' : roleOfRequest(c, deps);
}
