import assert from 'node:assert';
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { type Refusal, refusalIn } from '../reply/refusal.ts';
import type { Answer, Exchange, PaidExchange, PaidRequest } from '../wire/answer.ts';
import type { Login } from './login.ts';
import { requestToken } from './oauth-request.ts';
import { createAccessTokens, type RefusedToken } from './oauth-tokens.ts';
import { createRoleDoubts } from './role-doubts.ts';
import type { TokenVault } from './vault/token-vault.ts';

/**
 * A service account: OAuth 2 client credentials. One token serves everybody who uses the connection, also across restarts.
 *
 * - A request that is refused for its token is made once more with a new one, and what comes of that is the answer: never a loop.
 * - A refusal about a role may be that of an old token which does not know of a role that was given since. It is asked again with a
 *   new one, once: see `role-doubts.ts`.
 * - Atlas allows 100 live tokens to a service account. So tokens are asked for sparingly, whatever goes wrong: see `oauth-tokens.ts`.
 */
export function createOauthLogin(options: {
  connection: string;
  clientId: string;
  clientSecret: string;
  /** Credentials and tokens go to this origin only. */
  origin: string;
  /** That origin, and the path below which the API stands, if any. */
  baseUrl: string;
  exchange: PaidExchange;
  /** For access tokens. */
  tokenExchange: Exchange;
  vault: TokenVault;
  redactor?: Redactor | undefined;
  clock: Clock;
  logger: Logger;
}): Login {
  const { clientId, clientSecret, origin, exchange, clock } = options;
  const doubts = createRoleDoubts(clock);
  const tokens = createAccessTokens({
    ...options,
    key: vaultKey(origin, clientId),
    request: (signal) =>
      requestToken({ ...options, exchange: options.tokenExchange, now: clock.now }, signal),
  });

  async function ask(token: string, request: PaidRequest): Promise<Answer & { refusal: Refusal | null }> {
    const headers = { ...request.headers, Authorization: `Bearer ${token}` };
    const reply = await exchange({ ...request, headers });
    const refusal = refusalIn(reply);
    if ((refusal === null || refusal === 'role') && reply.status < 500 && reply.status !== 407)
      tokens.accepted(token);
    if (reply.status < 400) doubts.dispelled(request.url);
    return { reply, sentCredentials: true, stale: false, refusal };
  }

  /** The answer to the same request with another token; `null` where there is no point in making one. */
  async function askAgain(
    refused: RefusedToken,
    request: PaidRequest,
  ): Promise<Awaited<ReturnType<typeof ask>> | null> {
    if (refused.refusal !== 'login' && !doubts.isOpen(request.url)) return null;
    const another = await tokens.replace(refused, request.signal);
    return another === null ? null : await ask(another, request);
  }

  return {
    credential: 'service account',
    quotable: () => [clientId, clientSecret, ...tokens.known()],
    mayCostTwo: () => false,
    forgive: () => {
      doubts.forgive();
      tokens.forgive();
    },
    send: async (request) => {
      const { url, signal } = request;
      // Both are normalised.
      assert(url.startsWith(`${origin}/`), 'tokens go to the origin of the connection only');
      const askedAt = clock.monotonic();
      const token = await tokens.get(signal);
      const first = await ask(token, request);
      const { refusal } = first;
      if (refusal === null) return first;
      const answer = (await askAgain({ token, refusal, askedAt }, request)) ?? first;
      if (answer.refusal === 'role' || answer.refusal === 'either') {
        if (doubts.isOpen(url)) doubts.confirmed(url);
        await tokens.roleRefused();
      }
      return answer;
    },
  };
}

/** Neither of the two can be read back from it. */
function vaultKey(origin: string, clientId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([origin, clientId]))
    .digest('hex')
    .slice(0, 16);
}
