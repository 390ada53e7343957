import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { LoginConfig } from '../../net/login-config.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import type { Exchange, PaidExchange } from '../wire/answer.ts';
import { createDigestLogin } from './digest-login.ts';
import type { Login } from './login.ts';
import { createOauthLogin } from './oauth-login.ts';
import type { TokenVault } from './vault/token-vault.ts';

/** What a login is made of besides its credential. */
export interface LoginContext {
  connection: string;
  /** Credentials and tokens go to this origin only. */
  origin: string;
  /** That origin, and the path below which the API stands, if any. */
  baseUrl: string;
  /** Sends the requests of a read. */
  exchange: PaidExchange;
  /** Asks for access tokens, which come out of no project's budget. */
  tokenExchange: Exchange;
  /** Where access tokens are kept. */
  vault: TokenVault;
  /** Knows the secrets of everybody else. */
  redactor?: Redactor | undefined;
  clock: Clock;
  logger: Logger;
}

/** The login for a credential. Nobody is asked for anything yet. */
export function createLogin(auth: LoginConfig, context: LoginContext): Login {
  return auth.type === 'digest'
    ? createDigestLogin({ ...auth, ...context })
    : createOauthLogin({ ...auth, ...context });
}
