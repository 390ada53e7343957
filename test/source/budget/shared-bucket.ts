import type { Clock } from '../../../src/clock.ts';
import type { DigestAuth } from '../../../src/simulator/atlas/login/digest-auth.ts';
import type { HttpFetch } from '../fetch-client.ts';
import { json } from '../login/oauth-world.ts';

/** What a project has left, at a server. */
export interface Bucket {
  /** Takes one; how many are left, or `null` when there was none. */
  take(): number | null;
}

/** Fills up steadily, as Atlas's do. */
export function createTokenBucket(clock: Clock, limit: number, refillPerMinute: number): Bucket {
  let level = limit;
  let at = clock.monotonic();
  return {
    take: () => {
      const now = clock.monotonic();
      level = Math.min(limit, level + ((now - at) * refillPerMinute) / 60_000);
      at = now;
      if (level < 1) return null;
      level -= 1;
      return Math.floor(level);
    },
  };
}

/** Gives each one back a minute after it was taken: no minute holds more than its limit. */
export function createSlidingWindow(clock: Clock, limit: number): Bucket {
  let taken: number[] = [];
  return {
    take: () => {
      const now = clock.monotonic();
      taken = taken.filter((at) => at > now - 60_000);
      if (taken.length >= limit) return null;
      taken.push(now);
      return limit - taken.length;
    },
  };
}

export interface SharedProject {
  fetch: HttpFetch;
  /** When our requests arrived that were refused. */
  refusedAt: number[];
  requests(): number;
  /** The other client asks for one. */
  askAsOther(): void;
  othersRefused(): number;
}

/** A server that takes its time over each reply, and says how much is left where it is told to. */
export function createSharedProject(options: {
  bucket: Bucket;
  limit: number;
  clock: Clock;
  latencyMs: number;
  headers: boolean;
  /** Asks for a digest login in front of the bucket; access tokens unless given. */
  digest?: DigestAuth | undefined;
}): SharedProject {
  const { bucket, limit, clock, latencyMs } = options;
  const refusedAt: number[] = [];
  let requests = 0;
  let othersRefused = 0;

  function reply(): Response {
    const left = bucket.take();
    const told = { 'RateLimit-Limit': String(limit), 'RateLimit-Remaining': String(left ?? 0) };
    if (left !== null) return json(200, { results: [] }, options.headers ? told : {});
    refusedAt.push(clock.monotonic());
    return json(429, {}, options.headers ? { ...told, 'Retry-After': '5' } : {});
  }

  return {
    refusedAt,
    requests: () => requests,
    othersRefused: () => othersRefused,
    askAsOther: () => {
      if (bucket.take() === null) othersRefused += 1;
    },
    fetch: async (url, { headers, signal }) => {
      if (url.endsWith('/api/oauth/token')) return json(200, { access_token: 'token', expires_in: 86_400 });
      requests += 1;
      await clock.sleep(latencyMs / 2, signal);
      const { pathname, search } = new URL(url);
      const verdict = options.digest?.verify('GET', pathname + search, headers.Authorization) ?? { ok: true };
      const answer = verdict.ok ? reply() : json(401, {}, { 'WWW-Authenticate': verdict.challenge });
      await clock.sleep(latencyMs / 2, signal);
      return answer;
    },
  };
}
