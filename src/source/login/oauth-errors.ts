import { isRecord } from '../../domain/json-object.ts';
import { SourceError, type SourceReason } from '../../errors.ts';
import { PROXY_ON_THE_WAY } from '../../net/proxy-fault.ts';
import { isPassing, retryAfterMs } from '../reply/atlas-errors.ts';
import { parseJson } from '../reply/parse-json.ts';
import { type Quotable, scrubText, scrubValue } from '../reply/scrub.ts';
import type { HttpReply } from '../wire/answer.ts';

/** Where there is no `Retry-After`: Atlas's guidance begins with 10 s. */
const UNTOLD_MS: Readonly<Record<number, number>> = { 429: 10_000 };

const OF_NO_USE = 'Check baseUrl: this is not how Atlas answers a service account.';

/** For these the token endpoint itself has refused the service account; the others are faults on the way to it. */
const ABOUT_CREDENTIAL: ReadonlySet<SourceReason> = new Set([
  'auth',
  'refused',
  'bad_request',
  'rate_limited',
]);

const BY_ERROR: Readonly<Record<string, { reason: SourceReason; hint: string }>> = {
  invalid_client: {
    reason: 'auth',
    hint: 'Check clientId (mdb_sa_id_…) and clientSecret (mdb_sa_sk_…) of the service account: has the secret expired (they last a year at most) or been deleted, or is it of another environment (government, development)? A new secret is made on the page of the service account in Atlas.',
  },
  access_denied: {
    reason: 'refused',
    hint: 'A service account may have 100 live access tokens: if they are used up, wait until some have ended (an hour at most) or revoke them, and see who else makes tokens with it. Otherwise check that the service account still exists and may use the API.',
  },
  invalid_request: {
    reason: 'bad_request',
    hint: 'Check clientId and clientSecret of the service account: is one of them empty, cut short or swapped?',
  },
  unsupported_grant_type: { reason: 'bad_request', hint: OF_NO_USE },
  invalid_grant: { reason: 'bad_request', hint: OF_NO_USE },
};

/**
 * Why there is no access token: the errors of RFC 6749, section 5.2, as Atlas gives them. `request` is what was asked, for people;
 * `credentials` are taken out of what the server says.
 */
export function tokenError(
  reply: HttpReply,
  context: Quotable & { request: string; now: number },
): SourceError {
  const { status, text } = reply;
  const body = parseJson(text);
  const fields = isRecord(body) ? body : {};
  const code = typeof fields.error === 'string' ? scrubValue(fields.error, context) : null;
  const said =
    typeof fields.error_description === 'string'
      ? ` (${scrubText(fields.error_description, context).replace(/\.$/, '')})`
      : '';
  const retryable = isPassing(status);
  const { reason, hint } = adviceOn(status, code, isRecord(body));
  return new SourceError(
    reason,
    `${context.request}: ${[String(status), code].filter(Boolean).join(' ')}${said}`,
    {
      subject: isRecord(body) && ABOUT_CREDENTIAL.has(reason) ? 'credential' : null,
      status,
      atlasCode: code ?? undefined,
      retryable,
      retryAfterMs: retryable ? (retryAfterMs(reply, context.now) ?? UNTOLD_MS[status]) : undefined,
      hint,
    },
  );
}

function adviceOn(
  status: number,
  code: string | null,
  isJson: boolean,
): { reason: SourceReason; hint?: string } {
  if (status === 429) return { reason: 'rate_limited' };
  if (status === 408) return { reason: 'timeout' };
  if (status >= 500) return { reason: 'unavailable' };
  if (status === 407) return { reason: 'refused', hint: PROXY_ON_THE_WAY };
  const known = code === null ? undefined : BY_ERROR[code];
  if (known) return known;
  if (!isJson && status >= 400 && status !== 404) {
    return {
      reason: 'refused',
      hint: 'The answer is not from the Atlas API: a proxy or firewall refuses the request.',
    };
  }
  if (status === 401) return BY_ERROR.invalid_client ?? { reason: 'auth' };
  if (status === 403) return BY_ERROR.access_denied ?? { reason: 'refused' };
  return { reason: status >= 400 && status !== 404 ? 'bad_request' : 'bad_response', hint: OF_NO_USE };
}
