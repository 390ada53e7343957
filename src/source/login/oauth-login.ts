import assert from 'node:assert';
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { parseJson } from '../reply/json-reply.ts';
import type { Answer, Exchange, HttpReply, PaidExchange, PaidRequest } from '../wire/answer.ts';
import { isRecord } from '../wire/envelope.ts';
import type { Login } from './login.ts';
import { requestToken } from './oauth-request.ts';
import { createAccessTokens } from './oauth-tokens.ts';
import type { TokenVault } from './token-vault.ts';

/**
 * A service account: OAuth 2 client credentials. One token serves everybody who uses the connection, also across restarts.
 *
 * - A request that is refused for its token is made once more with a new one, and what comes of that is the answer: never a loop.
 * - A 401 about a role, in Atlas's own words, is an answer and costs no token.
 * - Atlas allows 100 live tokens to a service account. So tokens are asked for sparingly, whatever goes wrong: see `oauth-tokens.ts`.
 */
export function createOauthLogin(options: {
  connection: string;
  clientId: string;
  clientSecret: string;
  /** Credentials and tokens go to this origin only. */
  origin: string;
  exchange: PaidExchange;
  /** For access tokens. */
  tokenExchange: Exchange;
  vault: TokenVault;
  redactor?: Redactor | undefined;
  clock: Clock;
  logger: Logger;
}): Login {
  const { clientId, clientSecret, origin, exchange, clock } = options;
  const tokens = createAccessTokens({
    ...options,
    key: vaultKey(origin, clientId),
    request: (signal) =>
      requestToken({ ...options, exchange: options.tokenExchange, now: clock.now }, signal),
  });

  async function ask(token: string, request: PaidRequest): Promise<Answer & { isRefusal: boolean }> {
    const headers = { ...request.headers, Authorization: `Bearer ${token}` };
    const reply = await exchange({ ...request, headers });
    const isRefusal = isAboutToken(reply);
    if (!isRefusal && reply.status < 500 && reply.status !== 407) tokens.accepted(token);
    return { reply, sentCredentials: true, stale: false, isRefusal };
  }

  return {
    credential: 'service account',
    quotable: () => [clientId, clientSecret, ...tokens.known()],
    mayCostTwo: () => false,
    send: async (request) => {
      const { url, signal } = request;
      assert(new URL(url).origin === origin, 'tokens go to the origin of the connection only');
      const token = await tokens.get(signal);
      const first = await ask(token, request);
      if (!first.isRefusal) return first;
      const another = await tokens.replace(token, signal);
      return another === null ? first : await ask(another, request);
    },
  };
}

/** A 401, unless Atlas says in its own words that it knows the caller and something else is missing. */
function isAboutToken({ status, headers, text }: HttpReply): boolean {
  if (status !== 401) return false;
  const body = parseJson(text);
  const code = headers.get('x-error-code') ?? (isRecord(body) ? body.errorCode : null);
  return typeof code !== 'string' || !/UNAUTHORIZED|CANNOT_ACCESS|NOT_IN_/.test(code);
}

/** Neither of the two can be read back from it. */
function vaultKey(origin: string, clientId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([origin, clientId]))
    .digest('hex')
    .slice(0, 16);
}
