import type { Clock } from '../../clock.ts';
import { SourceError } from '../../errors.ts';
import type { WaitsFor } from '../source.ts';
import type { BudgetShare } from './budget-share.ts';
import { createPermit, type Permit, type SpentRequest, spendSlot } from './permit.ts';
import type { RateGate } from './rate-gate.ts';
import { createRequestWindow } from './request-window.ts';
import { createGateRound, createWaiter, type Waiter } from './waiter.ts';
import { createWakeTimer } from './wake-timer.ts';

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
  tryTake(gate: RateGate): SpentRequest | null;
  /** Silences the project until then. A shorter silence does not end a longer one. `isGuess`: nobody has said how long it is to be. */
  pause(untilMonotonicMs: number, how?: { isGuess: boolean }): void;
  isPaused(): boolean;
  /** Ends a silence that is a guess; one that was asked for stands. */
  endGuessedPause(): void;
  /** What those wait for who wait; `null`: nobody does. */
  waitsFor(): WaitsFor | null;
  /** How many requests of this minute are left. */
  left(): number;
  /** How many wait, for this gate. */
  waiting(gate: RateGate): number;
}

/** What a request wants of the budget. */
export interface TakeOptions {
  gate: RateGate;
  /** Waits until that many more are free as well (without holding them): for a request that may need a second one at once. */
  spare?: number;
  isUrgent?: boolean;
}

/**
 * The budget of one project, of which nothing is spent. With one request a minute, the answer to a challenge goes on credit: the nonce
 * would not outlive the wait.
 */
export function createRequestBudget(options: {
  requestsPerMinute: number;
  /** A silence longer than this is not waited for. */
  longestPauseMs: number;
  /** What this process may spend of it. */
  share: BudgetShare;
  clock: Clock;
}): RequestBudget {
  const { requestsPerMinute, longestPauseMs, clock } = options;
  const window = createRequestWindow({ ...options, onMore: serve });
  const timer = createWakeTimer(clock, serve);
  let waiters: Waiter[] = [];

  /** Grants what can be granted, in order, and sees to being called again when there may be more. */
  function serve(): void {
    const waitAtGate = createGateRound();
    const left: Waiter[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (const [index, waiter] of waiters.entries()) {
      const untilFree = window.untilFreeMs(waiter.needed);
      const wait = untilFree > 0 ? untilFree : waitAtGate(waiter);
      soonest = wait > 0 ? Math.min(soonest, wait) : soonest;
      if (wait <= 0) grant(waiter);
      else left.push(waiter);
      if (untilFree > 0) {
        left.push(...waiters.slice(index + 1));
        break;
      }
    }
    waiters = left;
    if (left.length === 0) timer.off();
    else timer.wakeIn(soonest);
  }

  function grant(waiter: Waiter): void {
    const isUrgent = waiter.isPressing();
    waiter.grant(createPermit(waiter.gate.enter(), { window, isUrgent, onChange: serve }));
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
      if (window.pausedForMs() > longestPauseMs) return Promise.reject(longSilence(window.pausedForMs()));
      const needed = 1 + Math.min(spare, requestsPerMinute - 1);
      const { waiter, permit } = createWaiter(
        { gate, needed, isUrgent },
        { signal, clock, onLeave: dismiss },
      );
      queue(waiter);
      return permit;
    },
    tryTake: (gate) => {
      const isFree = window.untilFreeMs(1) === 0 || requestsPerMinute === 1;
      if (window.pausedForMs() > 0 || !isFree || !gate.mayFollow()) return null;
      return spendSlot(gate.enter(), window, serve);
    },
    pause: (untilMonotonicMs, how) => {
      window.pause(untilMonotonicMs, how);
      if (window.pausedForMs() <= longestPauseMs) return;
      for (const waiter of waiters.splice(0)) waiter.refuse(longSilence(window.pausedForMs()));
      timer.off();
    },
    isPaused: () => window.pausedForMs() > 0,
    endGuessedPause: () => {
      window.endGuessedPause();
      serve();
    },
    waitsFor: () => {
      const [first] = waiters;
      if (first === undefined) return null;
      if (window.pausedForMs() > 0) return 'silence';
      // As long as nothing is known of a bucket, requests go one by one: that is no wait to speak of.
      return window.untilFreeMs(first.needed) > 0 || first.gate.limits() === null ? 'ceiling' : 'bucket';
    },
    left: () => window.left(),
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
