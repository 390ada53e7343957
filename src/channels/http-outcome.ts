import { formatSpan } from '../domain/instant.ts';
import { DeliveryError, type DeliveryReason } from '../errors.ts';
import { parseRetryAfter } from '../net/retry-after.ts';

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
 * What an HTTP reply means for a delivery: `null` when it accepts (2xx), else the fault, classified. 408, 429 and 5xx pass by
 * themselves and are worth another try; every other status is final. `receiver` names who answered (`Slack`).
 */
export function httpFault(reply: HttpReply, receiver: string, now: number): DeliveryError | null {
  const { status, body } = reply;
  if (status >= 200 && status < 300) return null;
  const { reason, retryable, hint } = verdictOf(status);
  return new DeliveryError(reason, `${receiver} answered HTTP ${status}${body && `: ${body}`}`, {
    retryable,
    status,
    retryAfterMs: retryable
      ? parseRetryAfter(reply.retryAfter, { now, longestMs: LONGEST_RETRY_AFTER_MS })
      : undefined,
    hint,
  });
}

function verdictOf(status: number): Verdict {
  if (status === 429) return { reason: 'rate_limited', retryable: true };
  if (status === 408 || status >= 500) return { reason: 'unavailable', retryable: true };
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
 * What a request that got no answer means: always worth another try. The thrown error itself is not kept as `cause`: fetch and
 * Node quote addresses in theirs, and an address can be a secret. Its code is enough to know what happened.
 * @param cancelled the caller's signal: when it has aborted, we gave up and not the receiver
 */
export function networkFault(
  thrown: unknown,
  receiver: string,
  timeoutMs: number,
  cancelled: AbortSignal,
): DeliveryError {
  if (cancelled.aborted) return cancelledFault(receiver);
  const chain = causesOf(thrown);
  if (chain.some(({ name }) => name === 'TimeoutError')) {
    return new DeliveryError('timeout', `${receiver} did not answer within ${formatSpan(timeoutMs)}`, {
      retryable: true,
    });
  }
  const code = chain.map(codeOf).findLast((found) => found !== null);
  return new DeliveryError('unavailable', `${receiver} cannot be reached${code ? ` (${code})` : ''}`, {
    retryable: true,
    hint: certificateHint(code),
  });
}

/** We stopped waiting; whether the receiver has the message is not known. */
export function cancelledFault(receiver: string): DeliveryError {
  return new DeliveryError('timeout', `stopped before ${receiver} had accepted the message`, {
    retryable: true,
  });
}

function causesOf(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && chain.length < 10; error = error.cause) {
    chain.push(error);
  }
  return chain;
}

/** Only what looks like a code (`ECONNREFUSED`), so that no free text slips through. */
function codeOf(error: Error): string | null {
  const code: unknown = 'code' in error ? error.code : null;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : null;
}

/** What to do about the code of a TLS fault (Node's and OpenSSL's names); `undefined` for any other. */
export function certificateHint(code: string | null | undefined): string | undefined {
  if (!code || !/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_VERIFY/.test(code)) return undefined;
  return 'the certificate is not trusted: for a private CA, see caFile';
}
