import type { Clock } from '../../clock.ts';
import { pollBackoffMs } from '../../domain/telling/retry-policy.ts';
import { SourceError, StoreError } from '../../errors.ts';

/** What a back-off works with. */
export interface BackOffDeps {
  clock: Pick<Clock, 'monotonic'>;
  /** In [0, 1). */
  random: () => number;
}

/** Spares Atlas when it fails: no poll until some time has passed, then one by itself. */
export class BackOff {
  readonly #deps: BackOffDeps;
  readonly #retry: () => void;
  /** Monotonic. */
  #until = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;
  /** Failed polls in a row, since somebody has said that what was wrong is mended. */
  #failures = 0;

  /** @param retry polls again, when the time has passed. */
  constructor(deps: BackOffDeps, retry: () => void) {
    this.#deps = deps;
    this.#retry = retry;
  }

  /** Milliseconds until the next poll may be made; negative or 0: now. */
  get remainingMs(): number {
    return this.#until - this.#deps.clock.monotonic();
  }

  /** Begins after a failed poll, for longer after each one in a row. A store that fails is no reason to look less often. */
  begin(failure: Error, { gapMs }: { gapMs: number }): void {
    if (failure instanceof StoreError) return;
    this.#failures += 1;
    const askedMs = failure instanceof SourceError ? (failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(pollBackoffMs(this.#failures, gapMs, this.#deps.random()), askedMs);
    this.#until = this.#deps.clock.monotonic() + waitMs;
    this.cancelRetry();
    this.#timer = setTimeout(this.#retry, waitMs);
  }

  /** Ends it: polls may be made again, and the next failure is the first one. */
  end(): void {
    this.#until = Number.NEGATIVE_INFINITY;
    this.#failures = 0;
    this.cancelRetry();
  }

  /** Polls no more by itself. */
  cancelRetry(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
