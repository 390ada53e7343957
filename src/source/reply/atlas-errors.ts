import { isRecord } from '../../domain/json-object.ts';
import { SourceError, type SourceErrorOptions, type SourceReason } from '../../errors.ts';
import type { ReplyHeaders } from '../../net/headers/reply-headers.ts';
import { parseRetryAfter } from '../../net/retry-after.ts';
import { adviceOn, type Credential } from './atlas-advice.ts';
import { untilRefillMs } from './rate-limits.ts';
import { codeIn, refusalOf } from './refusal.ts';
import { type Quotable, scrubText, scrubValue } from './scrub.ts';
import { dayOf, readSunset } from './sunset-watch.ts';

/** A longer silence than an hour is more likely a broken header than a wish. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** An answer that is not the one that was asked for. */
export interface FailedReply {
  /** The HTTP status, or the one written inside an envelope. */
  status: number;
  headers: ReplyHeaders;
  /** Parsed; `undefined` when it is not JSON. */
  body: unknown;
}

/** What was asked, by whom and how: an answer alone does not tell. */
export interface FailureContext extends Quotable {
  /** What was asked, for people: `GET /api/atlas/…`. */
  request: string;
  /** What Atlas calls the role that this reading needs. */
  role: string;
  /** What people call our credential. */
  credential: Credential;
  /** Credentials were sent along, so that a 401 is about them. */
  sentCredentials: boolean;
  /** 401, and the server says that only the nonce was out of date. */
  stale: boolean;
  /** For a `Retry-After` that is a date. */
  now: number;
}

/** Turns what Atlas answered into an error with a reason, Atlas's own code, and what to do. Goes by the HTTP status first, the code second. */
export function atlasError(reply: FailedReply, context: FailureContext): SourceError {
  const said = readErrorBody(reply, context);
  const isJson = isRecord(reply.body);
  const { reason, subject, suggestedKind, hint } = adviceOn({
    ...said,
    ...context,
    status: reply.status,
    isJson,
    refusal: refusalOf(reply.status, reply.headers, said.code),
    sunset: dayOf(readSunset(reply.headers.get('sunset'))) ?? null,
  });
  const retryable = isPassing(reply.status) || reason === 'unavailable';
  const options: SourceErrorOptions = {
    subject,
    suggestedKind,
    status: reply.status,
    atlasCode: said.code ?? undefined,
    retryable,
    retryAfterMs: retryable ? retryAfterMs(reply, context.now) : undefined,
    hint,
  };
  return new SourceError(reason, describe(reply.status, said, isJson, context), options);
}

/** True when a failed reading says that there is no such job, in Atlas's own words. Every other 404 is a reading that has failed. */
export function isJobNotFound({ status, reason, subject }: SourceError): boolean {
  return status === 404 && reason === 'not_found' && subject === 'job';
}

/** The answer was complete, and is not what the API documents. Trying again would not help. */
export function badResponse(problem: string, options: { status?: number; hint?: string } = {}): SourceError {
  return new SourceError('bad_response' satisfies SourceReason, problem, options);
}

/** 408, 429 and 5xx pass; everything else stays as it is until somebody does something. */
export function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * How long a reply asks us to wait, in milliseconds and never more than an hour; `undefined`: it does not say. Where a 429 has no
 * `Retry-After`, its limits may tell when they are full again.
 */
export function retryAfterMs(
  { status, headers }: Pick<FailedReply, 'status' | 'headers'>,
  now: number,
): number | undefined {
  const asked = parseRetryAfter(headers.get('retry-after'), {
    now,
    longestMs: LONGEST_RETRY_AFTER_MS,
    serverDate: headers.get('date'),
  });
  return asked ?? (status === 429 ? untilRefillMs(headers, now) : undefined);
}

interface ErrorBody {
  code: string | null;
  detail: string | null;
}

function readErrorBody({ body, headers }: FailedReply, quotable: Quotable): ErrorBody {
  const fields = isRecord(body) ? body : {};
  const code = codeIn(body, headers);
  const { detail } = fields;
  return {
    code: code === null ? null : scrubValue(code, quotable),
    detail: typeof detail === 'string' && detail !== '' ? scrubText(detail, quotable) : null,
  };
}

function describe(status: number, said: ErrorBody, isJson: boolean, context: FailureContext): string {
  const answer = [String(status), said.code].filter(Boolean).join(' ');
  const words = said.detail ?? (isJson ? null : 'the answer is not JSON');
  return `${context.request}: ${answer}${words === null ? '' : ` (${words.replace(/\.$/, '')})`}`;
}
