import { isRecord } from '../../domain/json-object.ts';
import type { Redactor } from '../../net/redact/redactor.ts';
import { badResponse } from '../reply/atlas-errors.ts';
import { parseJson } from '../reply/parse-json.ts';
import type { Exchange, HttpReply } from '../wire/answer.ts';
import { tokenError } from './oauth-errors.ts';

const PATH = '/api/oauth/token';
const REQUEST = `POST ${PATH}`;

/** What Atlas gives where it does not say (it always does): an hour. A longer life than a day is not believed. */
const USUAL_LIFE_S = 3_600;
const LONGEST_LIFE_S = 86_400;

/** An access token as it was just made. */
export interface FreshToken {
  accessToken: string;
  /** How long it lives from now on. */
  lifeMs: number;
}

/**
 * Asks for an access token: OAuth 2 client credentials, RFC 6749 section 4.4, as in
 * https://www.mongodb.com/docs/atlas/api/service-accounts/generate-oauth2-token/
 * @throws {SourceError} what the server says instead; `bad_response` when there is no usable token in its answer.
 */
export async function requestToken(
  options: {
    /** A gateway may have put Atlas below a path of its own: tokens are there, too. */
    baseUrl: string;
    clientId: string;
    clientSecret: string;
    exchange: Exchange;
    redactor?: Redactor | undefined;
    now: () => number;
  },
  signal: AbortSignal,
): Promise<FreshToken> {
  const { baseUrl, clientId, clientSecret } = options;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const headers = {
    Accept: 'application/json',
    Authorization: `Basic ${basic}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  const body = 'grant_type=client_credentials';
  const reply = await options.exchange({ url: baseUrl + PATH, headers, body, signal });
  if (reply.status !== 200) {
    const credentials = [clientId, clientSecret, basic];
    const { redactor } = options;
    throw tokenError(reply, { request: REQUEST, credentials, redactor, now: options.now() });
  }
  return readToken(reply);
}

function readToken({ status, text }: HttpReply): FreshToken {
  const body = parseJson(text);
  const { access_token: accessToken, expires_in: life, token_type: type } = isRecord(body) ? body : {};
  const isBearer = type === undefined || (typeof type === 'string' && /^bearer$/i.test(type));
  // RFC 6750, section 2.1: what may stand after "Bearer" in a header.
  if (typeof accessToken !== 'string' || !/^[\w.~+/-]+=*$/.test(accessToken) || !isBearer) {
    throw badResponse(`${REQUEST}: the answer holds no access token`, {
      status,
      hint: 'A proxy or a login page may have answered in place of Atlas: check baseUrl.',
    });
  }
  const seconds = typeof life === 'number' && life > 0 ? Math.min(life, LONGEST_LIFE_S) : USUAL_LIFE_S;
  return { accessToken, lifeMs: seconds * 1000 };
}
