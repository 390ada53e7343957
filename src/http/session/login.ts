import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { FaultLog } from '../../logging/fault-log.ts';
import { isOpen, roleOf } from '../access.ts';
import { formOf } from '../form-body.ts';
import { readAssets } from '../page/assets.ts';
import { htmlAnswer } from '../page/html-answer.ts';
import { SESSION_MS, sealSession } from './cookie.ts';
import { type LoginPage, renderLogin } from './login-page.ts';
import { isFromOwnPage, refuseStranger } from './own-page.ts';
import { returnPath } from './return-path.ts';
import { createSlowDown, guesserOf } from './slow-down.ts';
import { cookieName, type RoleDeps } from './visitor-role.ts';

/** What logging in needs. */
export interface LoginDeps extends RoleDeps {
  faultLog: FaultLog;
  /** Aborts when the server stops. */
  closing: AbortSignal;
}

/** The login page and what it sends; none of it needs a token. */
export interface Login {
  /** `GET /login` */
  show(c: Context): Promise<Response>;
  /** `POST /login` */
  enter(c: Context): Promise<Response>;
  /** `POST /logout` */
  leave(c: Context): Response;
}

/** Makes the login and the logout. */
export function createLogin({ tokens, clock, faultLog, closing }: LoginDeps): Login {
  const slowDown = createSlowDown(clock, closing);
  const answer = (c: Context, page: LoginPage, status: 200 | 401 | 429 = 200): Promise<Response> =>
    htmlAnswer(c, renderLogin(page, readAssets().paths), status);

  return {
    show: async (c) => {
      const to = returnPath(c.req.query('to'));
      // Whoever can connect may look: there is nothing to log in with.
      return isOpen(tokens()) ? c.redirect(to, 303) : answer(c, { to, refused: null });
    },
    enter: async (c) => {
      if (!isFromOwnPage(c)) return refuseStranger(c);
      const form = await formOf(c);
      const to = returnPath(form.get('to'));
      const inForce = tokens();
      if (isOpen(inForce)) return c.redirect(to, 303);
      const address = addressOf(c);
      const guesser = guesserOf(address);
      if (slowDown.isHeld(guesser)) {
        c.header('Retry-After', '5');
        return answer(c, { to, refused: 'held' }, 429);
      }
      const token = (form.get('token') ?? '').trim();
      const role = roleOf(`Bearer ${token}`, inForce);
      if (role === null) {
        const hint = 'Said once, until somebody logs in. Wrong tokens are slowed down.';
        faultLog.report('/login', 'Somebody gave a wrong token at the login page', { address, hint });
        await slowDown.wrong(guesser);
        return answer(c, { to, refused: 'wrong' }, 401);
      }
      slowDown.right(guesser);
      faultLog.clear('/login', 'Somebody logged in with a right token', { address, role });
      setCookie(c, cookieName(c), sealSession(role, token, clock.now()), {
        ...cookieOptions(c),
        maxAge: SESSION_MS / 1_000,
      });
      return c.redirect(to, 303);
    },
    leave: (c) => {
      if (!isFromOwnPage(c)) return refuseStranger(c);
      deleteCookie(c, cookieName(c), cookieOptions(c));
      return c.redirect('/', 303);
    },
  };
}

/** The browser itself says whether it came over https, whatever stands between. */
function cookieOptions(c: Context): { path: '/'; httpOnly: true; sameSite: 'Strict'; secure: boolean } {
  const isSecure =
    c.req.header('origin')?.startsWith('https:') === true ||
    c.req.header('x-forwarded-proto')?.startsWith('https') === true;
  return { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure };
}

function addressOf(c: Context): string {
  // The adapter puts Node's own request and response there.
  return (c.env as HttpBindings).incoming.socket.remoteAddress ?? '';
}
