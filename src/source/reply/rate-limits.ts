/** What a reply says about the bucket that its request came out of. */
export interface RateLimits {
  /** How many the bucket holds when it is full; at least 1. */
  limit: number;
  remaining: number;
}

/** `RateLimit-Limit` and `RateLimit-Remaining`; `null` unless both are there and make sense. */
export function readRateLimits(headers: Headers): RateLimits | null {
  const limit = leadingNumber(headers.get('ratelimit-limit'));
  const remaining = leadingNumber(headers.get('ratelimit-remaining'));
  return limit === null || remaining === null || limit < 1 ? null : { limit, remaining };
}

/** Some servers write more behind the number (`100;w=60`). */
function leadingNumber(text: string | null): number | null {
  const digits = /^\s*(\d{1,12})\b/.exec(text ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}
