import { formatSpan } from '../domain/instant.ts';
import { DeliveryError, type DeliveryReason } from '../errors.ts';
import { PROXY_LOGIN } from '../net/proxy-fault.ts';
import { parseRetryAfter } from '../net/retry-after.ts';
import { wordsOfNoAnswer } from '../net/wire-fault.ts';

/** What a receiver answered, as far as a verdict needs it. */
export interface HttpReply {
  status: number;
  /** The `Retry-After` header as it stands. */
  retryAfter: string | null;
  /** The beginning of the body, cleaned for people (see `scrub.ts`); may be empty. */
  body: string;
}

interface Verdict {
  reason: DeliveryReason;
  retryable: boolean;
  hint?: string;
}

/** Nobody means more than a week by it, and timers need a bound. */
const LONGEST_RETRY_AFTER_MS = 7 * 24 * 3_600_000;

/**
 * What an HTTP reply means for a delivery: `null` when it accepts (2xx), else the fault, classified. 408, 423, 425, 429 and 5xx pass by
 * themselves and are worth another try; every other status is final. `receiver` names who answered (`Slack`).
 * @param mishaps final statuses that may come of a mishap where the receiver has accepted lately
 */
export function httpFault(
  reply: HttpReply,
  receiver: string,
  now: number,
  mishaps: ReadonlySet<number> = NONE,
): DeliveryError | null {
  const { status, body } = reply;
  if (status >= 200 && status < 300) return null;
  const { reason, retryable, hint } = verdictOfStatus(status);
  const who = status === 407 ? 'the proxy wants a login (407)' : `${receiver} answered HTTP ${status}`;
  return new DeliveryError(reason, `${who}${body && `: ${body}`}`, {
    retryable,
    status,
    retryAfterMs: retryable ? retryAfterOf(reply, now) : undefined,
    mayBeMishap: mishaps.has(status),
    hint,
  });
}

const NONE: ReadonlySet<number> = new Set();

/** How long the receiver asks us to wait, in milliseconds; `undefined` when it does not say. */
export function retryAfterOf({ retryAfter }: HttpReply, now: number): number | undefined {
  return parseRetryAfter(retryAfter, { now, longestMs: LONGEST_RETRY_AFTER_MS });
}

/** Resource locked, and too early (RFC 4918, RFC 8470): said of this moment, not of the message. */
const NOT_NOW: ReadonlySet<number> = new Set([408, 423, 425]);

/** What a status other than 2xx means. */
export function verdictOfStatus(status: number): Verdict {
  if (status === 429) return { reason: 'rate_limited', retryable: true };
  // Only a proxy says so: the receiver has not been asked.
  if (status === 407) return { reason: 'unavailable', retryable: true, hint: PROXY_LOGIN };
  if (NOT_NOW.has(status) || status >= 500) return { reason: 'unavailable', retryable: true };
  if (status < 400) {
    return {
      reason: 'refused',
      retryable: false,
      hint: 'redirects are not followed: put the final address into the configuration',
    };
  }
  switch (status) {
    case 401:
    case 403:
      return { reason: 'refused', retryable: false, hint: 'check the secret or token of this channel' };
    case 404:
    case 410:
      return {
        reason: 'refused',
        retryable: false,
        hint: 'check the address: nothing receives there any more',
      };
    default:
      return { reason: 'rejected', retryable: false };
  }
}

/**
 * What a request that got no answer means: always worth another try, also where a proxy wants a login. The host is not named: an address
 * can be a secret.
 * @param thrown what the transport has thrown
 * @param cancelled the caller's signal: when it has aborted, we gave up and not the receiver
 */
export function networkFault(
  thrown: unknown,
  receiver: string,
  timeoutMs: number,
  cancelled: AbortSignal,
): DeliveryError {
  if (cancelled.aborted) return cancelledFault(receiver);
  if (thrown instanceof Error && thrown.name === 'TimeoutError') {
    return new DeliveryError('timeout', `${receiver} did not answer within ${formatSpan(timeoutMs)}`, {
      retryable: true,
    });
  }
  const { text, hint } = wordsOfNoAnswer(thrown, receiver);
  return new DeliveryError('unavailable', text, { retryable: true, hint });
}

/** We stopped waiting; where something was sent (`wasTried`), whether the receiver has the message is not known. */
export function cancelledFault(receiver: string, { wasTried = true } = {}): DeliveryError {
  return new DeliveryError('timeout', `stopped before ${receiver} had accepted the message`, {
    retryable: true,
    wasTried,
  });
}
