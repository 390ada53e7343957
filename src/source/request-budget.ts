import type { Clock } from '../clock.ts';
import { SourceError } from '../errors.ts';

const WINDOW_MS = 60_000;

/** How many requests may leave, per project. Every HTTP request pays: first ones, retries, and answers to a login challenge. */
export interface RequestBudget {
  /**
   * Waits for a request of its own, first come, first served, and spends it. With `spare`, waits until that many more are free
   * as well (without spending them): for a request that may need a second one at once.
   * Rejects with the signal's reason when that aborts first.
   * @throws {SourceError} reason `rate_limited`, when Atlas has asked for a longer silence than a poll will wait for.
   */
  take(signal: AbortSignal, spare?: number): Promise<void>;
  /** Spends one more without waiting; false (and nothing is spent) when none is free or the project is silent. */
  tryTake(): boolean;
  /** Gives back what `take` has just spent on a request that did not leave. */
  giveBack(): void;
  /** Silences the project until then. A shorter silence does not end a longer one. */
  pause(untilMonotonicMs: number): void;
  isPaused(): boolean;
}

interface Waiter {
  needed: number;
  grant(): void;
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
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let alarm: { at: number; off: AbortController } | null = null;

  const pausedForMs = (): number => Math.max(0, pausedUntil - clock.monotonic());

  /** How long until `needed` requests are free; 0 when they are. */
  function waitFor(needed: number): number {
    const now = clock.monotonic();
    spent.forgetBefore(now - WINDOW_MS);
    const tooMany = spent.count() + needed - requestsPerMinute;
    const untilFree = tooMany <= 0 ? 0 : spent.at(tooMany - 1) + WINDOW_MS - now;
    return Math.max(untilFree, pausedForMs());
  }

  function serve(): void {
    for (let head = waiters[0]; head; head = waiters[0]) {
      const wait = waitFor(head.needed);
      if (wait > 0) {
        wakeIn(wait);
        return;
      }
      waiters.shift();
      spent.add(clock.monotonic());
      head.grant();
    }
    alarm?.off.abort();
    alarm = null;
  }

  function wakeIn(ms: number): void {
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

  function leave(waiter: Waiter): void {
    const place = waiters.indexOf(waiter);
    if (place >= 0) waiters.splice(place, 1);
    serve();
  }

  return {
    take: (signal, spare = 0) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (pausedForMs() > longestPauseMs) return Promise.reject(longSilence(pausedForMs()));
      const needed = 1 + Math.min(spare, requestsPerMinute - 1);
      if (waiters.length === 0 && waitFor(needed) <= 0) {
        spent.add(clock.monotonic());
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          reject(signal.reason);
          leave(waiter);
        };
        const waiter: Waiter = {
          needed,
          grant: () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          },
          refuse: (reason) => {
            signal.removeEventListener('abort', onAbort);
            reject(reason);
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        waiters.push(waiter);
        serve();
      });
    },
    tryTake: () => {
      if (pausedForMs() > 0 || (waitFor(1) > 0 && requestsPerMinute > 1)) return false;
      spent.add(clock.monotonic());
      return true;
    },
    giveBack: () => {
      spent.removeNewest();
      serve();
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

/** Times in the order in which they were added; the oldest are dropped cheaply. */
function createSpendLog() {
  let times: number[] = [];
  let first = 0;
  return {
    count: () => times.length - first,
    /** The `index`-th oldest. */
    at: (index: number): number => times[first + index] ?? Number.NEGATIVE_INFINITY,
    add: (time: number): void => {
      times.push(time);
    },
    removeNewest: (): void => {
      if (times.length > first) times.pop();
    },
    forgetBefore: (limit: number): void => {
      while (first < times.length && (times[first] ?? limit) <= limit) first += 1;
      if (first > 1_024 && first * 2 > times.length) {
        times = times.slice(first);
        first = 0;
      }
    },
  };
}
