import { datedMembers, readHeaderDate } from './headers/header-date.ts';

/**
 * How long `Retry-After` asks for, in milliseconds and never more than `longestMs`: seconds, or an HTTP date (RFC 9110, section
 * 10.2.3); where it came several times, the longest. A date is compared with `serverDate`, the server's own `Date`, where it is given,
 * should the clocks disagree; else with `now`. `undefined` when there is no header, or it is neither.
 */
export function parseRetryAfter(
  header: string | null,
  { now, longestMs, serverDate = null }: { now: number; longestMs: number; serverDate?: string | null },
): number | undefined {
  const asked = datedMembers(header).flatMap((text) => {
    if (/^\d+(\.\d+)?$/.test(text)) return Math.min(longestMs, Number(text) * 1_000);
    const until = readHeaderDate(text);
    if (until === null) return [];
    return Math.min(longestMs, Math.max(0, until - (readHeaderDate(serverDate) ?? now)));
  });
  return asked.toSorted((a, b) => b - a)[0];
}
