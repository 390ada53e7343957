import type { Timestamp } from '../../../domain/instant.ts';
import type { ApiVersion } from '../../../domain/job/watch.ts';
import { errorReply } from '../errors.ts';
import type { Reply } from '../reply.ts';
import { type BucketSize, createTokenBucket, type TokenBucket } from './token-buckets.ts';

/** Endpoints that share a bucket. Legacy jobs, and those of single collections, count as cloud backups. */
export type EndpointSet =
  | 'cloudBackups'
  | 'flexRestoreJobs'
  | 'flexClusters'
  | 'clusters'
  | 'serverless'
  | 'events'
  | 'projects';

/** The bucket of each set of endpoints; a set that is not named has no limit. */
export type RateLimits = Readonly<Partial<Record<EndpointSet, BucketSize>>>;

/** What Atlas documents as its defaults, of April 2026: per project, and for `projects` per user. Serverless is not in that list. */
export const ATLAS_RATE_LIMITS: RateLimits = {
  cloudBackups: { capacity: 1_200, refill: 500 },
  flexRestoreJobs: { capacity: 1_200, refill: 500 },
  flexClusters: { capacity: 1_200, refill: 500 },
  clusters: { capacity: 10_000, refill: 5_000 },
  events: { capacity: 300, refill: 100 },
  projects: { capacity: 1_200, refill: 500 },
};

/** How the simulated Atlas limits requests, and what it says about the limit. */
export interface RateLimitOptions {
  /** Sets that are not named have no limit. */
  limits: RateLimits;
  /** v2 says in headers what the limit is and what is left of it. */
  rateHeaders: boolean;
  /** A refusal says how long to wait. */
  retryAfter: boolean;
  now: () => Timestamp;
}

/** Counts requests against the buckets of their endpoints. */
export interface RateLimiter {
  /** Counts one request. Gives the headers for its reply, or the refusal, which does not count. */
  admit(set: EndpointSet, groupId: string, request: { url: URL; apiVersion: ApiVersion }): Headers | Reply;
  /** Takes up to `count` tokens, as another client of the project would. Gives how many were there. @throws for a set without limit. */
  takeTokens(groupId: string, set: EndpointSet, count: number): number;
}

interface Headers {
  headers: Record<string, string>;
}

/** Creates a limiter whose buckets are full. */
export function createRateLimiter({ limits, rateHeaders, retryAfter, now }: RateLimitOptions): RateLimiter {
  const buckets = new Map<string, TokenBucket>();

  const bucketOf = (set: EndpointSet, groupId: string): { bucket: TokenBucket; size: BucketSize } | null => {
    const size = limits[set];
    if (!size) return null;
    const key = set === 'projects' ? set : `${set} ${groupId}`;
    const bucket = buckets.get(key) ?? createTokenBucket(size, now);
    buckets.set(key, bucket);
    return { bucket, size };
  };

  return {
    admit: (set, groupId, { url, apiVersion }) => {
      const found = bucketOf(set, groupId);
      if (!found) return { headers: {} };
      const { bucket, size } = found;
      const isAdmitted = bucket.take(1) === 1;
      const headers =
        apiVersion === 'v2' && rateHeaders
          ? { 'ratelimit-limit': String(size.capacity), 'ratelimit-remaining': String(bucket.left()) }
          : {};
      if (isAdmitted) return { headers };
      const wait = Math.max(1, Math.ceil(bucket.waitMs() / 1_000));
      const waitHeader = retryAfter ? { 'retry-after': String(wait) } : {};
      return refusal(url.pathname, apiVersion, size, wait, { ...headers, ...waitHeader });
    },
    takeTokens: (groupId, set, count) => {
      const found = bucketOf(set, groupId);
      if (!found) throw new Error(`the simulator has no limit for ${set}`);
      return found.bucket.take(count);
    },
  };
}

/** The older APIs know a limit in words only. */
function refusal(
  path: string,
  apiVersion: ApiVersion,
  { capacity, refill, perSeconds = 60 }: BucketSize,
  wait: number,
  headers: Record<string, string>,
): Reply {
  return apiVersion === 'v2'
    ? errorReply('RATE_LIMITED_TOKEN_BUCKET', [path.slice(1), wait, capacity, refill, perSeconds], headers)
    : errorReply('RATE_LIMITED', [path, refill, perSeconds / 60], headers);
}
