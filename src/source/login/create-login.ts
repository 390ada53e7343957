import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import { createDigestLogin } from './digest-login.ts';
import type { Login } from './login.ts';
import { createOauthLogin } from './oauth-login.ts';
import type { PostForm } from './oauth-request.ts';
import type { TokenVault } from './token-vault.ts';

export type LoginConfig =
  | { type: 'digest'; publicKey: string; privateKey: string }
  | { type: 'serviceAccount'; clientId: string; clientSecret: string };

export function createLogin(
  auth: LoginConfig,
  context: {
    connection: string;
    origin: string;
    post: PostForm;
    vault: TokenVault;
    clock: Clock;
    logger: Logger;
  },
): Login {
  return auth.type === 'digest'
    ? createDigestLogin({ ...auth, ...context })
    : createOauthLogin({ ...auth, ...context });
}
