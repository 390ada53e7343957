/**
 * How long `Retry-After` asks for, in milliseconds and never more than `longestMs`: seconds, or an HTTP date (RFC 9110, section
 * 10.2.3). A date is compared with `serverDate`, the server's own `Date`, where it is given, should the clocks disagree; else with `now`.
 * `undefined` when there is no header, or it is neither.
 */
export function parseRetryAfter(
  header: string | null,
  { now, longestMs, serverDate = null }: { now: number; longestMs: number; serverDate?: string | null },
): number | undefined {
  const text = header?.trim() ?? '';
  const serverNow = Date.parse(serverDate ?? '');
  const from = Number.isNaN(serverNow) ? now : serverNow;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : untilDate(text, from);
  return Number.isNaN(ms) ? undefined : Math.min(longestMs, Math.max(0, ms));
}

/** As every HTTP date does, it ends in GMT; `Date.parse` takes much else for a date. */
function untilDate(text: string, now: number): number {
  return text.endsWith(' GMT') ? Date.parse(text) - now : Number.NaN;
}
