import type { Timestamp } from '../../domain/instant.ts';
import type { JobEndpointOptions } from './jobs/job-endpoints.ts';
import type { RateLimits } from './limits/rate-limits.ts';
import type { ServiceAccount } from './login/oauth-server.ts';
import type { RouteOptions } from './routes.ts';

/** What a simulated Atlas is like. All but the API key has the default that is said with it. */
export interface AtlasOptions {
  publicKey: string;
  privateKey: string;
  /** A service account that may log in beside the API key. */
  serviceAccount?: ServiceAccount;
  /** An hour unless given. */
  tokenLifeSeconds?: number;
  /** How many access tokens may live at a time: 100 unless given. */
  maxTokens?: number;
  /** Any free one unless given. */
  port?: number;
  now?: () => Timestamp;
  /** 60 s unless given. */
  nonceLifeMs?: number;
  /** The challenge says `op="auth"`, as in the documentation, in place of `qop="auth"`. */
  opSpelling?: boolean;
  /** `nc` must grow; otherwise it only must not repeat. */
  strictNc?: boolean;
  /** No limits unless given; `ATLAS_RATE_LIMITS` are the real ones. Logins do not count. */
  rateLimits?: RateLimits;
  /** v2 tells in headers what is left of a limit; it does unless told otherwise. */
  rateHeaders?: boolean;
  /** A refusal for too many requests says how long to wait; it does unless told otherwise. */
  retryAfter?: boolean;
  /** How jobs are listed: `insertion` unless given. Flex jobs come newest first in any case. */
  order?: JobEndpointOptions['order'];
  /** Lists serverless instances, as Atlas did until January 2026. Their jobs can be read in any case. */
  serverlessListed?: boolean;
  /** What every link in a reply begins with, in place of the simulator's own address: a proxy on the way does such things. */
  linkOrigin?: string;
  /** `content` unless given. */
  envelopeKey?: RouteOptions['envelopeKey'];
  /** Sends Deprecation and Sunset headers with what is about to end: serverless resources, and old versions. */
  deprecated?: boolean;
  /** Serverless restore jobs have ended: 410, with those headers. */
  sunset?: boolean;
  /** The status for a v2 request without a valid version: 400 unless given. */
  versionErrorStatus?: 400 | 406;
  /** Serves https, with a private key and a certificate in PEM. */
  tls?: { key: string; cert: string };
}
