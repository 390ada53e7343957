import type { Clock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { createDigestLogin } from './digest-login.ts';
import type { Login } from './login.ts';

export type LoginConfig =
  | { type: 'digest'; publicKey: string; privateKey: string }
  | { type: 'serviceAccount'; clientId: string; clientSecret: string };

/** @throws {ConfigError} for a kind of login that is not in this version. */
export function createLogin(
  auth: LoginConfig,
  context: { connection: string; origin: string; clock: Clock },
): Login {
  if (auth.type === 'digest') {
    const { publicKey, privateKey } = auth;
    return createDigestLogin({ publicKey, privateKey, origin: context.origin, clock: context.clock });
  }
  throw new ConfigError(`connection ${context.connection}`, [
    { path: 'auth.type', message: 'service accounts: not in this version; use digest' },
  ]);
}

/** What of it may be quoted to us. */
export function credentialsOf(auth: LoginConfig): string[] {
  return auth.type === 'digest' ? [auth.publicKey, auth.privateKey] : [auth.clientId, auth.clientSecret];
}
