/** A longer silence than an hour is more likely a broken header than a wish. */
const LONGEST_MS = 3_600_000;

/**
 * How long the server asks us to wait, in milliseconds: `Retry-After` in seconds or as an HTTP date. A date is compared with the
 * server's own `Date`, should the clocks disagree. `undefined` when there is none, or it cannot be read. An hour at most.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : untilDate(text, headers.get('date'), now);
  return Number.isFinite(ms) ? Math.min(LONGEST_MS, Math.max(0, ms)) : undefined;
}

function untilDate(text: string, serverDate: string | null, now: number): number {
  if (!text.endsWith('GMT')) return Number.NaN; // as every HTTP date does; Date.parse takes much else for a date
  const serverNow = Date.parse(serverDate ?? '');
  return Date.parse(text) - (Number.isNaN(serverNow) ? now : serverNow);
}
