import type { Timestamp } from '../domain/instant.ts';
import type { ApiVersion } from '../domain/watch.ts';
import { errorReply } from './atlas-errors.ts';
import type { Reply } from './reply.ts';

const WINDOW_MS = 60_000;

/** Counts the requests of each project; no minute may hold more than `perMinute`. */
export interface RateLimit {
  /** Counts one request. Gives the headers for its reply, or the refusal (which does not count). */
  take(groupId: string, resource: string, version: ApiVersion): { headers: Record<string, string> } | Reply;
}

export function createRateLimit(perMinute: number, now: () => Timestamp): RateLimit {
  const spent = new Map<string, Timestamp[]>();
  return {
    take: (groupId, resource, version) => {
      const at = now();
      const recent = (spent.get(groupId) ?? []).filter((past) => at - past < WINDOW_MS);
      spent.set(groupId, recent);
      const oldest = recent[0];
      if (recent.length >= perMinute && oldest !== undefined) {
        const wait = Math.ceil((oldest + WINDOW_MS - at) / 1000);
        return refusal(resource, version, perMinute, wait);
      }
      recent.push(at);
      return { headers: headersFor(version, perMinute, perMinute - recent.length) };
    },
  };
}

/** v1.0 knows a limit in words only; v2 has a header for what is left. */
function headersFor(version: ApiVersion, limit: number, remaining: number): Record<string, string> {
  if (version !== 'v2') return {};
  return { 'ratelimit-limit': String(limit), 'ratelimit-remaining': String(remaining) };
}

function refusal(resource: string, version: ApiVersion, limit: number, wait: number): Reply {
  const headers = { ...headersFor(version, limit, 0), 'retry-after': String(wait) };
  return version !== 'v2'
    ? errorReply('RATE_LIMITED', [resource, limit, 1], headers)
    : errorReply('RATE_LIMITED_TOKEN_BUCKET', [resource.slice(1), wait, limit, limit, 60], headers);
}
