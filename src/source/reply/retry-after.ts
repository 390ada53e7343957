import { parseRetryAfter } from '../../net/retry-after.ts';

/** A longer silence than an hour is more likely a broken header than a wish. */
const LONGEST_MS = 3_600_000;

/** How long Atlas asks us to wait, in milliseconds. A date is compared with Atlas's own `Date`, should the clocks disagree. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const serverNow = Date.parse(headers.get('date') ?? '');
  return parseRetryAfter(headers.get('retry-after'), {
    now: Number.isNaN(serverNow) ? now : serverNow,
    longestMs: LONGEST_MS,
  });
}
