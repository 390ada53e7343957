import assert from 'node:assert';
import type { Clock } from '../../clock.ts';
import type { Answer, PaidExchange, PaidRequest } from '../wire/answer.ts';
import { type DigestChallenge, readDigestChallenge } from './digest-challenge.ts';
import { DigestNonce } from './digest-nonce.ts';
import { createFirstInLine } from './first-in-line.ts';
import type { Login } from './login.ts';
import { createNonceCache } from './nonce-cache.ts';

/** One request and what came of it. */
interface Leg extends Answer {
  /** What the server asked for in place of an answer; `null` when it answered. */
  challenge: DigestChallenge | null;
}

/**
 * HTTP Digest over `digest-fetch`, safe under concurrency: one request per call while the nonce lives.
 *
 * - Where nothing proves the nonce alive (none yet, idle for a second, used up), one request goes ahead and the others wait for it.
 *   So a burst costs one challenge, not one each.
 * - A refused request is answered with the nonce of its own challenge, which nobody else uses until the server has accepted it: no
 *   other request can spoil its `nc`, and a second refusal really is about the key. Meanwhile newcomers wait. (Those that were refused
 *   in the same burst do the same: each of them owes one more request anyway, whichever nonce it uses.)
 * - So a wrong key costs two requests, and no call more than three. Nothing is repeated beyond that.
 * - A 401 without a Digest challenge, or with an error code other than `UNEXPECTED_ERROR`, is an answer (a role is missing), not a
 *   challenge.
 */
export function createDigestLogin(options: {
  publicKey: string;
  privateKey: string;
  /** Credentials go to this origin only. */
  origin: string;
  exchange: PaidExchange;
  clock: Clock;
}): Login {
  const { publicKey, privateKey, origin, exchange, clock } = options;
  const nonces = createNonceCache(clock);
  const line = createFirstInLine({ clock, isNeeded: () => !nonces.isTrusted() });
  let serial = 0;

  const newNonce = (challenge: DigestChallenge): DigestNonce => {
    serial += 1;
    return new DigestNonce(publicKey, privateKey, challenge, serial);
  };

  async function leg(request: PaidRequest, nonce: DigestNonce | null): Promise<Leg> {
    const proof = nonce === null ? {} : { Authorization: nonce.authorization(request.url) };
    const reply = await exchange({ ...request, headers: { ...request.headers, ...proof } });
    const challenge = reply.status === 401 ? challengeIn(reply.headers) : null;
    if (nonce !== null && challenge === null) nonces.accepted(nonce);
    if (nonce !== null && challenge !== null) nonces.refused(nonce);
    return { reply, challenge, sentCredentials: nonce !== null, stale: challenge?.stale ?? false };
  }

  /** Answers a challenge with a nonce of our own; twice at most, should that one be out of date on arrival. */
  async function answerTo(challenge: DigestChallenge, request: PaidRequest): Promise<Answer> {
    const first = await leg(request, newNonce(challenge));
    return first.challenge?.stale ? await leg(request, newNonce(first.challenge)) : first;
  }

  return {
    credential: 'API key',
    quotable: () => [publicKey, privateKey],
    mayCostTwo: () => !nonces.isTrusted(),
    send: async (request) => {
      assert(new URL(request.url).origin === origin, 'credentials go to the origin of the connection only');
      return await line.run(request.signal, async () => {
        const first = await leg(request, nonces.nonce());
        const { challenge } = first;
        return challenge === null ? first : await line.runNow(() => answerTo(challenge, request));
      });
    },
  };
}

/** The challenge of a 401, unless Atlas says in its own words that the login was fine and something else is missing. */
function challengeIn(headers: Headers): DigestChallenge | null {
  const code = headers.get('x-error-code');
  return code !== null && code !== 'UNEXPECTED_ERROR'
    ? null
    : readDigestChallenge(headers.get('www-authenticate'));
}
