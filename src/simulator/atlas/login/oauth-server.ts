import type { Timestamp } from '../../../domain/instant.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { createTokenBook } from './token-book.ts';

/** The errors of RFC 6749, section 5.2, and what Atlas adds, each with its HTTP status and Atlas's words for it. */
const ERRORS = {
  invalid_request: [400, 'The request is missing a required parameter.'],
  invalid_grant: [400, 'The grant is invalid.'],
  unsupported_grant_type: [400, null],
  invalid_client: [401, 'Invalid credentials provided.'],
  access_denied: [
    403,
    'Access Token limit reached. Please use the existing Access Tokens or create a new Service Account.',
  ],
  slow_down: [429, 'Too many requests.'],
  server_error: [500, 'Internal server error.'],
} as const satisfies Record<string, readonly [status: number, description: string | null]>;

/** The errors that a request for a token can meet. */
export type OAuthError = keyof typeof ERRORS;

/** The credentials of a service account. */
export interface ServiceAccount {
  clientId: string;
  clientSecret: string;
}

/** What was asked and answered at the token endpoint. */
export interface TokenCounts {
  /** Requests for a token. */
  requests: number;
  issued: number;
  refused: number;
}

/** The token endpoint of Atlas, and the tokens it has given out. */
export interface OAuthServer {
  readonly counts: Readonly<TokenCounts>;
  /** Answers a request to one of the OAuth addresses; `null` for any other address. */
  answer(request: OAuthRequest): Reply | null;
  /** True when the header holds a live access token. */
  accepts(authorization: string): boolean;
  /** What every further request for a token is refused with; `null` ends it. */
  refuse(error: OAuthError | null): void;
  /** Ends all tokens before their time, as when their account loses a secret. */
  expireTokens(): void;
  liveTokens(): number;
}

/** A request to one of the OAuth addresses. */
export interface OAuthRequest {
  method: string;
  /** Without query. */
  path: string;
  authorization: string | undefined;
  contentType: string | undefined;
  body: string;
}

/** OAuth 2 client credentials as Atlas has them. Without an account, every client is unknown. */
export function createOAuthServer(options: {
  account: ServiceAccount | null;
  now: () => Timestamp;
  /** An hour unless given. */
  tokenLifeSeconds?: number | undefined;
  /** How many tokens may live at a time: 100 unless given. */
  maxTokens?: number | undefined;
}): OAuthServer {
  const { account, now, tokenLifeSeconds = 3_600, maxTokens = 100 } = options;
  const tokens = createTokenBook({ now, lifeMs: tokenLifeSeconds * 1_000, most: maxTokens });
  const counts: TokenCounts = { requests: 0, issued: 0, refused: 0 };
  let refusal: OAuthError | null = null;

  const token = (request: OAuthRequest): Reply => {
    const problem = refusal ?? problemOf(request, account) ?? problemOfGrant(request);
    if (problem) return errorReply(problem);
    const accessToken = tokens.issue();
    if (accessToken === null) return errorReply('access_denied');
    const body = { access_token: accessToken, expires_in: tokenLifeSeconds, token_type: 'Bearer' };
    return jsonReply(200, body, JSON_UNCACHED);
  };

  /** RFC 7009: a token that is unknown is as good as revoked. */
  const revoke = (request: OAuthRequest): Reply => {
    const value = formOf(request)?.get('token');
    const problem = problemOf(request, account) ?? (value ? null : 'invalid_request');
    if (problem) return errorReply(problem);
    tokens.revoke(value ?? '');
    return { status: 200, headers: {}, body: '' };
  };

  return {
    counts,
    answer: (request) => {
      switch (request.path) {
        case '/api/oauth/token': {
          const reply = token(request);
          counts.requests += 1;
          counts[reply.status === 200 ? 'issued' : 'refused'] += 1;
          return reply;
        }
        case '/api/oauth/revoke':
          return revoke(request);
        default:
          return null;
      }
    },
    accepts: (authorization) => {
      const value = /^Bearer (\S+)$/i.exec(authorization)?.[1];
      return value !== undefined && tokens.isLive(value);
    },
    refuse: (error) => {
      refusal = error;
    },
    expireTokens: tokens.expireAll,
    liveTokens: tokens.live,
  };
}

/** Credentials stand in the header; Atlas documents no other way. */
function problemOf(request: OAuthRequest, account: ServiceAccount | null): OAuthError | null {
  if (request.method !== 'POST' || formOf(request) === null) return 'invalid_request';
  if (account === null) return 'invalid_client';
  const { clientId, clientSecret } = account;
  const expected = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  return request.authorization === `Basic ${expected}` ? null : 'invalid_client';
}

function problemOfGrant(request: OAuthRequest): OAuthError | null {
  const grant = formOf(request)?.get('grant_type');
  if (!grant) return 'invalid_request';
  return grant === 'client_credentials' ? null : 'unsupported_grant_type';
}

function formOf({ contentType = '', body }: OAuthRequest): URLSearchParams | null {
  return contentType.startsWith('application/x-www-form-urlencoded') ? new URLSearchParams(body) : null;
}

const JSON_UNCACHED = { 'content-type': 'application/json', 'cache-control': 'no-store' };

function errorReply(error: OAuthError): Reply {
  const [status, description] = ERRORS[error];
  const body = description === null ? { error } : { error_description: description, error };
  return jsonReply(status, body, JSON_UNCACHED);
}
