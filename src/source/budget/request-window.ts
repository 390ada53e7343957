import type { Clock } from '../../clock.ts';
import type { BudgetShare } from './budget-share.ts';
import { createSlidingWindow } from './sliding-window.ts';

const WINDOW_MS = 60_000;

/**
 * The account of one project: what it has spent in the last minute, what it has promised, and for how long it is silent. A request
 * comes back 60 s after it was spent, so no window of a minute ever holds more than `requestsPerMinute`.
 */
export interface RequestWindow {
  /**
   * Milliseconds until `needed` requests are free at once: 0 when they are, without end while that hangs on promised ones, or on the other
   * replicas that share the budget (which are asked then).
   */
  untilFreeMs(needed: number): number;
  /** How many requests the last minute has left, promised ones not among them. */
  left(): number;
  /** False when one that was promised may not be spent any more: others have the budget by now. */
  isCovered(): boolean;
  /** Promises one request: it counts from now on, until it is spent or the promise is taken back. */
  hold(): void;
  /** Takes one promise back. */
  release(): void;
  /** Spends one request, which counts for a minute. */
  spend(): void;
  /** Silences the project until then. A shorter silence does not end a longer one. `isGuess`: nobody has said how long it is to be. */
  pause(untilMonotonicMs: number, how?: { isGuess: boolean }): void;
  /** Ends the part of a silence that is a guess. */
  endGuessedPause(): void;
  /** How much of the silence is left; 0 when there is none. */
  pausedForMs(): number;
}

/**
 * An account of which nothing is spent. Memory grows with the requests of the last minute, not with the limit.
 * @param options.onMore is called when the other replicas have left more of the budget.
 */
export function createRequestWindow(options: {
  requestsPerMinute: number;
  share: BudgetShare;
  clock: Clock;
  onMore: () => void;
}): RequestWindow {
  const { requestsPerMinute, share, clock, onMore } = options;
  const spent = createSlidingWindow();
  let held = 0;
  let askedUntil = Number.NEGATIVE_INFINITY;
  let guessedUntil = Number.NEGATIVE_INFINITY;

  const pausedForMs = (): number =>
    Math.max(0, askedUntil - clock.monotonic(), guessedUntil - clock.monotonic(), share.silentForMs());

  return {
    untilFreeMs: (needed) => {
      const now = clock.monotonic();
      spent.forgetBefore(now - WINDOW_MS);
      const tooMany = spent.count() + held + needed - requestsPerMinute;
      if (tooMany > spent.count()) return Number.POSITIVE_INFINITY;
      const untilFree = tooMany <= 0 ? 0 : spent.at(tooMany - 1) + WINDOW_MS - now;
      const waitMs = Math.max(untilFree, pausedForMs());
      if (waitMs > 0 || share.left() >= held + needed) return waitMs;
      share.ask(held + needed, onMore);
      return Number.POSITIVE_INFINITY;
    },
    left: () => {
      spent.forgetBefore(clock.monotonic() - WINDOW_MS);
      return Math.max(0, requestsPerMinute - spent.count() - held);
    },
    isCovered: () => share.left() > 0,
    hold: () => {
      held += 1;
    },
    release: () => {
      held -= 1;
    },
    spend: () => {
      spent.add(clock.monotonic());
      share.spend();
    },
    pause: (untilMonotonicMs, { isGuess } = { isGuess: false }) => {
      if (isGuess) guessedUntil = Math.max(guessedUntil, untilMonotonicMs);
      else {
        askedUntil = Math.max(askedUntil, untilMonotonicMs);
        share.silence(untilMonotonicMs - clock.monotonic());
      }
    },
    endGuessedPause: () => {
      guessedUntil = Number.NEGATIVE_INFINITY;
    },
    pausedForMs,
  };
}
