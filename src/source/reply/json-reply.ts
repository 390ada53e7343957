import { isRecord } from '../../domain/json-object.ts';
import type { ReplyHeaders } from '../../net/headers/reply-headers.ts';
import type { Answer } from '../wire/answer.ts';
import { openEnvelope } from '../wire/envelope.ts';
import { atlasError, badResponse, type FailureContext } from './atlas-errors.ts';
import { parseJson } from './parse-json.ts';

/** An answer that holds what was asked for. */
export interface JsonReply {
  /** The JSON object that was asked for, out of its envelope if it came in one. `null`: nothing was read, since the request's `recall` knew the answer. */
  body: Readonly<Record<string, unknown>> | null;
  status: number;
  headers: ReplyHeaders;
}

/**
 * Takes the JSON object out of an answer. An error inside an envelope is the same error as the real one.
 * @throws {SourceError} what Atlas says instead; `bad_response` when it is not JSON (a login page, a torn body).
 */
export function readReply(
  { reply, sentCredentials, stale }: Answer,
  context: Omit<FailureContext, 'sentCredentials' | 'stale'>,
): JsonReply {
  const { status: httpStatus, headers, text } = reply;
  // What is known was read once, and found good.
  if (reply.isKnown) return { body: null, status: httpStatus, headers };
  const opened = openEnvelope(parseJson(text));
  const isOk = httpStatus >= 200 && httpStatus < 300;
  const status = isOk ? (opened.status ?? httpStatus) : httpStatus;
  if (!isOk || status >= 400) {
    throw atlasError({ status, headers, body: opened.body }, { ...context, sentCredentials, stale });
  }
  if (!isRecord(opened.body)) {
    throw badResponse(`${context.request}: the answer is not a JSON object`, {
      status,
      hint: 'A proxy or a login page may have answered in place of Atlas: check baseUrl.',
    });
  }
  return { body: opened.body, status, headers };
}
