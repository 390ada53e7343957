import assert from 'node:assert';
import type { Clock } from '../../clock.ts';
import { type Refusal, refusalIn } from '../reply/refusal.ts';
import type { Answer, PaidExchange, PaidRequest } from '../wire/answer.ts';
import { type DigestChallenge, readDigestChallenge } from './digest-challenge.ts';
import { DigestNonce } from './digest-nonce.ts';
import { createFirstInLine } from './first-in-line.ts';
import type { Login } from './login.ts';
import { createNonceCache } from './nonce-cache.ts';
import { createRoleDoubts } from './role-doubts.ts';

/** One request and what came of it. */
interface Leg extends Answer {
  /** What the server asked for in place of an answer; `null` when it answered. */
  challenge: DigestChallenge | null;
  refusal: Refusal | null;
  /** `null`: without credentials. */
  nonce: DigestNonce | null;
}

/**
 * HTTP Digest over `digest-fetch`, safe under concurrency: one request per call while the nonce lives.
 *
 * - Where nothing proves the nonce alive (none yet, idle for a second, used up), one request goes ahead and the others wait for it.
 *   So a burst costs one challenge, not one each.
 * - A refused request is answered with the nonce of its own challenge, which nobody else uses until the server has accepted it: no
 *   other request can spoil its `nc`, and a second refusal really is about the key. Meanwhile newcomers wait. (Those that were refused
 *   in the same burst do the same: each of them owes one more request anyway, whichever nonce it uses.)
 * - So a wrong key costs two requests, and no call more than three (one more where a role is doubted). Nothing is repeated beyond that.
 * - A refusal without a challenge is an answer, mostly about a role. One that a nonce met which was not made for the request is asked
 *   again after a fresh login, once: see `role-doubts.ts`.
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
  const doubts = createRoleDoubts(clock);
  let serial = 0;

  const newNonce = (challenge: DigestChallenge): DigestNonce => {
    serial += 1;
    return new DigestNonce(publicKey, privateKey, challenge, serial);
  };

  /** `isFresh`: the nonce was made for this very request. */
  async function leg(
    request: PaidRequest,
    nonce: DigestNonce | null,
    { isFresh = false } = {},
  ): Promise<Leg> {
    const proof = nonce === null ? {} : { Authorization: nonce.authorization(request.url) };
    const reply = await exchange({ ...request, headers: { ...request.headers, ...proof } });
    const refusal = refusalIn(reply);
    const asked = reply.status === 401 ? readDigestChallenge(reply.headers.get('www-authenticate')) : null;
    const isBelieved =
      refusal === 'either' && asked?.stale !== true && (isFresh || !doubts.isOpen(request.url));
    const challenge = nonce !== null && isBelieved ? null : asked;
    if (nonce !== null && challenge === null) nonces.accepted(nonce);
    if (nonce !== null && challenge !== null) nonces.refused(nonce);
    return {
      reply,
      challenge,
      refusal,
      nonce,
      sentCredentials: nonce !== null,
      stale: challenge?.stale ?? false,
    };
  }

  /** Answers a challenge with a nonce of our own; twice at most, should that one be out of date on arrival. */
  async function answerTo(challenge: DigestChallenge, request: PaidRequest): Promise<Leg> {
    const first = await leg(request, newNonce(challenge), { isFresh: true });
    return first.challenge?.stale ? await leg(request, newNonce(first.challenge), { isFresh: true }) : first;
  }

  /** One leg, or with the answer to its challenge two. `isFresh`: it logged in for this very request. */
  function attempt(request: PaidRequest): Promise<Leg & { isFresh: boolean }> {
    return line.run(request.signal, async () => {
      const first = await leg(request, nonces.nonce());
      const { challenge } = first;
      return challenge === null
        ? { ...first, isFresh: false }
        : { ...(await line.runNow(() => answerTo(challenge, request))), isFresh: true };
    });
  }

  /** Asks again after a fresh login, which all share whose login was as old. */
  async function askAfresh(refused: Leg, request: PaidRequest): Promise<Leg> {
    if (refused.nonce !== null) nonces.refused(refused.nonce);
    const answer = await attempt(request);
    // A server that refuses without asking for a login says more to who has one.
    return answer.sentCredentials ? answer : refused;
  }

  return {
    credential: 'API key',
    quotable: () => [publicKey, privateKey],
    mayCostTwo: () => !nonces.isTrusted(),
    forgive: () => doubts.forgive(),
    send: async (request) => {
      const { url } = request;
      // Both are normalised.
      assert(url.startsWith(`${origin}/`), 'credentials go to the origin of the connection only');
      const first = await attempt(request);
      const isDoubtful =
        first.sentCredentials && !first.isFresh && first.refusal !== null && doubts.isOpen(url);
      const answer = isDoubtful ? await askAfresh(first, request) : first;
      if (answer.reply.status < 400) doubts.dispelled(url);
      if (answer.refusal !== null && (isDoubtful || first.isFresh)) doubts.confirmed(url);
      return answer;
    },
  };
}
