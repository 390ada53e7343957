import type { HttpFetch } from '../fetch-client.ts';

export const CLIENT_ID = 'mdb_sa_id_64b0c1d2e3f4a5b6c7d8e9f0';
export const CLIENT_SECRET = 'mdb_sa_sk_canarycanarycanarycanary';
export const AUTH = { type: 'serviceAccount', clientId: CLIENT_ID, clientSecret: CLIENT_SECRET } as const;
export const ORIGIN = 'https://cloud.mongodb.com';

export type Replier = (signal: AbortSignal) => Response | Promise<Response>;

/** An Atlas that makes access tokens, and answers requests that carry a live one. Everything that arrives is noted. */
export interface OauthWorld {
  fetch: HttpFetch;
  /** Requests for a token, as they came in. */
  asked: Array<{ url: string; method: string; headers: Record<string, string>; body: string | null }>;
  /** Other requests, by the token they carried. */
  reads: Array<{ url: string; token: string | undefined }>;
  /** Every token made so far becomes worthless. */
  revokeAll(): void;
  /** What the next requests for a token get, one each, in place of a token. */
  tokenReplies: Replier[];
  /** What every read with a live token gets. */
  onRead: Replier;
  /** What a read without a live token gets. */
  onRefused: Replier;
  lifeSeconds: number;
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

export function createOauthWorld(): OauthWorld {
  const live = new Set<string>();
  let made = 0;
  const world: OauthWorld = {
    asked: [],
    reads: [],
    tokenReplies: [],
    lifeSeconds: 3_600,
    revokeAll: () => live.clear(),
    onRead: () => json(200, { fine: true }),
    onRefused: () => json(401, { error: 401, errorCode: 'UNEXPECTED_ERROR', detail: 'no' }),
    fetch: async (url, { method, headers, body, signal }) => {
      signal.throwIfAborted();
      if (new URL(url).pathname.endsWith('/api/oauth/token')) {
        world.asked.push({ url, method, headers, body });
        const reply = world.tokenReplies.shift();
        if (reply) return reply(signal);
        made += 1;
        const token = `token-${made}-canary`;
        live.add(token);
        return json(200, { access_token: token, expires_in: world.lifeSeconds, token_type: 'Bearer' });
      }
      const token = /^Bearer (.*)$/.exec(headers.Authorization ?? '')?.[1];
      world.reads.push({ url, token });
      return token !== undefined && live.has(token) ? world.onRead(signal) : world.onRefused(signal);
    },
  };
  return world;
}
