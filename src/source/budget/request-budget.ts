import type { Clock } from '../../clock.ts';
import { SourceError } from '../../errors.ts';
import type { BucketReport, RateGate, Slot } from './rate-gate.ts';
import { createSlidingWindow } from './sliding-window.ts';
import { createWakeTimer } from './wake-timer.ts';

const WINDOW_MS = 60_000;

/** Who can wait has waited enough: from then on it may use what is kept for the urgent ones (whom it still lets go first). */
const PATIENCE_MS = 300_000;

/**
 * How many requests may leave, per project. Every HTTP request pays: first ones, retries, and answers to a login challenge. Each goes
 * through the gate of its endpoint set besides.
 */
export interface RequestBudget {
  /**
   * Waits for the permit to send one request: the urgent ones first, else first come, first served. Who waits at its own gate does not
   * hold up those who want through another. Rejects with the signal's reason when that aborts first.
   * @throws {SourceError} reason `rate_limited`, when Atlas has asked for a longer silence than a poll will wait for.
   */
  take(signal: AbortSignal, options: TakeOptions): Promise<Permit>;
  /** Spends one more at once; `null` (and nothing is spent) when none is free or the project is silent. */
  tryTake(gate: RateGate): Sent | null;
  /** Silences the project until then. A shorter silence does not end a longer one. */
  pause(untilMonotonicMs: number): void;
  isPaused(): boolean;
  /** How many wait, for this gate. */
  waiting(gate: RateGate): number;
}

export interface TakeOptions {
  gate: RateGate;
  /** Waits until that many more are free as well (without holding them): for a request that may need a second one at once. */
  spare?: number;
  isUrgent?: boolean;
}

/** Permit to send one request. It counts against the budget from `take` on, and for a minute from `spend` on. */
export interface Permit {
  /** The request goes out now. `null`, and the permit is void, when it may no longer: the project has fallen silent, or others took what was left. */
  spend(): Sent | null;
  /** It does not. Does nothing after `spend`. */
  giveBack(): void;
}

/** A request on its way. */
export interface Sent {
  /** It has ended. See `Slot.ended`. */
  ended(told: BucketReport): void;
}

interface Waiter {
  gate: RateGate;
  needed: number;
  isUrgent: boolean;
  /** From then on it goes for urgent at its gate. */
  patientUntil: number;
  grant(permit: Permit): void;
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
  const spent = createSlidingWindow();
  const wakeTimer = createWakeTimer(clock, serve);
  let waiters: Waiter[] = [];
  let held = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;

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

  function sentThrough(slot: Slot): Sent {
    spent.add(clock.monotonic());
    slot.sent();
    return {
      ended: (told) => {
        slot.ended(told);
        serve();
      },
    };
  }

  function permit(gate: RateGate, isUrgent: boolean): Permit {
    const slot = gate.enter();
    let isOpen = true;
    const close = (): boolean => {
      const wasOpen = isOpen;
      if (wasOpen) held -= 1;
      isOpen = false;
      return wasOpen;
    };
    const giveBack = (): void => {
      if (!close()) return;
      slot.ended('unknown');
      serve();
    };
    held += 1;
    return {
      spend: () => {
        if (pausedForMs() > 0 || !slot.isOpen(isUrgent)) giveBack();
        if (!close()) return null;
        const sent = sentThrough(slot);
        serve();
        return sent;
      },
      giveBack,
    };
  }

  /** How long this one waits at its gate. `closed` remembers, within one round, which gates need not be asked again, and by whom. */
  function waitAtGate(waiter: Waiter, closed: Map<RateGate, { toUrgent: boolean }>): number {
    const { gate, patientUntil } = waiter;
    const isPressing = presses(waiter);
    const known = closed.get(gate);
    if (known && (known.toUrgent || !isPressing)) return Number.POSITIVE_INFINITY;
    const wait = gate.waitMs(isPressing);
    if (wait > 0) closed.set(gate, { toUrgent: isPressing });
    return isPressing ? wait : Math.min(wait, patientUntil - clock.monotonic());
  }

  const presses = ({ isUrgent, patientUntil }: Waiter): boolean =>
    isUrgent || clock.monotonic() >= patientUntil;

  /** Grants what can be granted, in order, and sees to being called again when there may be more. */
  function serve(): void {
    const closed = new Map<RateGate, { toUrgent: boolean }>();
    const left: Waiter[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (const [index, waiter] of waiters.entries()) {
      const untilFree = waitFor(waiter.needed);
      const wait = untilFree > 0 ? untilFree : waitAtGate(waiter, closed);
      soonest = wait > 0 ? Math.min(soonest, wait) : soonest;
      if (wait <= 0) waiter.grant(permit(waiter.gate, presses(waiter)));
      else left.push(waiter);
      if (untilFree > 0) {
        left.push(...waiters.slice(index + 1));
        break;
      }
    }
    waiters = left;
    if (left.length === 0) wakeTimer.off();
    else wakeTimer.wakeIn(soonest);
  }

  function queue(waiter: Waiter): void {
    const place = waiter.isUrgent ? waiters.findIndex(({ isUrgent }) => !isUrgent) : -1;
    waiters.splice(place < 0 ? waiters.length : place, 0, waiter);
    serve();
  }

  function dismiss(waiter: Waiter): void {
    waiters = waiters.filter((other) => other !== waiter);
    serve();
  }

  return {
    take: (signal, { gate, spare = 0, isUrgent = false }) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (pausedForMs() > longestPauseMs) return Promise.reject(longSilence(pausedForMs()));
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          reject(signal.reason);
          dismiss(waiter);
        };
        const settle = (): void => signal.removeEventListener('abort', onAbort);
        const waiter: Waiter = {
          gate,
          needed: 1 + Math.min(spare, requestsPerMinute - 1),
          isUrgent,
          patientUntil: clock.monotonic() + PATIENCE_MS,
          grant: (granted) => {
            settle();
            resolve(granted);
          },
          refuse: (reason) => {
            settle();
            reject(reason);
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        queue(waiter);
      });
    },
    tryTake: (gate) => {
      if (pausedForMs() > 0 || (waitFor(1) > 0 && requestsPerMinute > 1) || !gate.mayFollow()) return null;
      return sentThrough(gate.enter());
    },
    pause: (untilMonotonicMs) => {
      pausedUntil = Math.max(pausedUntil, untilMonotonicMs);
      if (pausedForMs() <= longestPauseMs) return;
      for (const waiter of waiters.splice(0)) waiter.refuse(longSilence(pausedForMs()));
      wakeTimer.off();
    },
    isPaused: () => pausedForMs() > 0,
    waiting: (gate) => waiters.filter((waiter) => waiter.gate === gate).length,
  };
}

function longSilence(ms: number): SourceError {
  const seconds = Math.ceil(ms / 1000);
  return new SourceError(
    'rate_limited',
    `Atlas has asked this project for silence, ${seconds} s of it are left`,
    {
      subject: 'project',
      retryAfterMs: ms,
      hint: 'Poll less often or lower requestsPerMinute: the limit is shared by everybody who uses the project.',
    },
  );
}
