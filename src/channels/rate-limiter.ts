import type { Clock } from '../clock.ts';

/** Spaces out the requests to each URL. One limiter is shared by all channels, since two of them may post to the same URL. */
export interface UrlLimiter {
  /** Takes the URL's next turn and waits for it. Rejects with the signal's reason when that aborts first; the turn is then lost. */
  turn(url: string, signal: AbortSignal): Promise<void>;
  /** The receiver asked for silence. */
  pause(url: string, ms: number): void;
  /** How much of that silence is left, in milliseconds. */
  pausedMs(url: string): number;
}

/** At most one request per URL in `intervalMs`, in the order in which the turns were asked for. */
export function createUrlLimiter({ clock, intervalMs }: { clock: Clock; intervalMs: number }): UrlLimiter {
  const nextTurnAt = new Map<string, number>();
  const pausedUntil = new Map<string, number>();
  return {
    turn: async (url, signal) => {
      const now = clock.monotonic();
      const at = Math.max(now, nextTurnAt.get(url) ?? now);
      nextTurnAt.set(url, at + intervalMs);
      signal.throwIfAborted();
      if (at > now) await clock.sleep(Math.ceil(at - now), signal);
    },
    pause: (url, ms) => {
      pausedUntil.set(url, Math.max(clock.monotonic() + ms, pausedUntil.get(url) ?? 0));
    },
    pausedMs: (url) => Math.max(0, (pausedUntil.get(url) ?? 0) - clock.monotonic()),
  };
}
