import type { Clock } from '../clock.ts';
import { SourceError } from '../errors.ts';
import { createSpendLog } from './spend-log.ts';

const WINDOW_MS = 60_000;

/** How many requests may leave, per project. Every HTTP request pays: first ones, retries, and answers to a login challenge. */
export interface RequestBudget {
  /**
   * Waits for leave to send one request: the urgent ones first, else first come, first served.
   * Rejects with the signal's reason when that aborts first.
   * @throws {SourceError} reason `rate_limited`, when Atlas has asked for a longer silence than a poll will wait for.
   */
  take(signal: AbortSignal, options?: TakeOptions): Promise<Leave>;
  /** Spends one more at once; false (and nothing is spent) when none is free or the project is silent. */
  tryTake(): boolean;
  /** Silences the project until then. A shorter silence does not end a longer one. */
  pause(untilMonotonicMs: number): void;
  isPaused(): boolean;
}

export interface TakeOptions {
  /** Waits until that many more are free as well (without holding them): for a request that may need a second one at once. */
  spare?: number;
  isUrgent?: boolean;
}

/** Leave to send one request. It counts against the budget from `take` on, and for a minute from `spend` on. */
export interface Leave {
  /** The request goes out now. */
  spend(): void;
  /** It does not. Does nothing after `spend`. */
  giveBack(): void;
}

interface Waiter {
  needed: number;
  isUrgent: boolean;
  grant(leave: Leave): void;
  refuse(reason: unknown): void;
}

/**
 * A request comes back 60 s after it was spent, so no window of a minute ever holds more than `requestsPerMinute`.
 * (With one a minute, the answer to a challenge goes on credit: the nonce would not outlive the wait.)
 * Memory grows with the requests of the last minute, not with the limit.
 */
export function createRequestBudget(options: {
  requestsPerMinute: number;
  /** A silence longer than this is not waited for. */
  longestPauseMs: number;
  clock: Clock;
}): RequestBudget {
  const { requestsPerMinute, longestPauseMs, clock } = options;
  const spent = createSpendLog();
  const waiters: Waiter[] = [];
  let held = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let alarm: { at: number; off: AbortController } | null = null;

  const pausedForMs = (): number => Math.max(0, pausedUntil - clock.monotonic());

  /** How long until `needed` are free: 0 when they are, without end while it hangs on those that others hold. */
  function waitFor(needed: number): number {
    const now = clock.monotonic();
    spent.forgetBefore(now - WINDOW_MS);
    const tooMany = spent.count() + held + needed - requestsPerMinute;
    if (tooMany > spent.count()) return Number.POSITIVE_INFINITY;
    const untilFree = tooMany <= 0 ? 0 : spent.at(tooMany - 1) + WINDOW_MS - now;
    return Math.max(untilFree, pausedForMs());
  }

  function leave(): Leave {
    let isOpen = true;
    const close = (): boolean => {
      const wasOpen = isOpen;
      if (wasOpen) held -= 1;
      isOpen = false;
      return wasOpen;
    };
    held += 1;
    return {
      spend: () => {
        if (!close()) return;
        spent.add(clock.monotonic());
        serve();
      },
      giveBack: () => {
        if (close()) serve();
      },
    };
  }

  function serve(): void {
    for (let head = waiters[0]; head; head = waiters[0]) {
      const wait = waitFor(head.needed);
      if (wait > 0) {
        wakeIn(wait);
        return;
      }
      waiters.shift();
      head.grant(leave());
    }
    alarm?.off.abort();
    alarm = null;
  }

  function queue(waiter: Waiter): void {
    const place = waiter.isUrgent ? waiters.findIndex(({ isUrgent }) => !isUrgent) : -1;
    waiters.splice(place < 0 ? waiters.length : place, 0, waiter);
  }

  function wakeIn(ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return;
    const at = clock.monotonic() + ms;
    if (alarm && alarm.at <= at) return;
    alarm?.off.abort();
    const mine = { at, off: new AbortController() };
    alarm = mine;
    const wake = (): void => {
      if (alarm !== mine) return;
      alarm = null;
      serve();
    };
    clock.sleep(Math.ceil(ms), mine.off.signal).then(wake, wake);
  }

  function dismiss(waiter: Waiter): void {
    const place = waiters.indexOf(waiter);
    if (place >= 0) waiters.splice(place, 1);
    serve();
  }

  return {
    take: (signal, { spare = 0, isUrgent = false } = {}) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (pausedForMs() > longestPauseMs) return Promise.reject(longSilence(pausedForMs()));
      const needed = 1 + Math.min(spare, requestsPerMinute - 1);
      if (waiters.length === 0 && waitFor(needed) <= 0) return Promise.resolve(leave());
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          reject(signal.reason);
          dismiss(waiter);
        };
        const waiter: Waiter = {
          needed,
          isUrgent,
          grant: (granted) => {
            signal.removeEventListener('abort', onAbort);
            resolve(granted);
          },
          refuse: (reason) => {
            signal.removeEventListener('abort', onAbort);
            reject(reason);
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        queue(waiter);
        serve();
      });
    },
    tryTake: () => {
      if (pausedForMs() > 0 || (waitFor(1) > 0 && requestsPerMinute > 1)) return false;
      spent.add(clock.monotonic());
      return true;
    },
    pause: (untilMonotonicMs) => {
      pausedUntil = Math.max(pausedUntil, untilMonotonicMs);
      if (pausedForMs() <= longestPauseMs) return;
      for (const waiter of waiters.splice(0)) waiter.refuse(longSilence(pausedForMs()));
      serve();
    },
    isPaused: () => pausedForMs() > 0,
  };
}

function longSilence(ms: number): SourceError {
  const seconds = Math.ceil(ms / 1000);
  return new SourceError(
    'rate_limited',
    `Atlas has asked this project for silence, ${seconds} s of it are left`,
    {
      retryAfterMs: ms,
      hint: 'Poll less often or lower requestsPerMinute: the limit is shared by everybody who uses the project.',
    },
  );
}
