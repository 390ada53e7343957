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

  /** @param retry polls again, when the time has passed. */
  constructor(deps: BackOffDeps, retry: () => void) {
    this.#deps = deps;
    this.#retry = retry;
  }

  /** Milliseconds until the next poll may be made; negative or 0: now. */
  get remainingMs(): number {
    return this.#until - this.#deps.clock.monotonic();
  }

  /** Begins after a failed poll, the `failures`th in a row. A store that fails is no reason to look less often. */
  begin(failure: Error, { failures, gapMs }: { failures: number; gapMs: number }): void {
    if (failure instanceof StoreError) return;
    const askedMs = failure instanceof SourceError ? (failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(pollBackoffMs(failures, gapMs, this.#deps.random()), askedMs);
    this.#until = this.#deps.clock.monotonic() + waitMs;
    this.cancelRetry();
    this.#timer = setTimeout(this.#retry, waitMs);
  }

  /** Ends it: polls may be made again. */
  end(): void {
    this.#until = Number.NEGATIVE_INFINITY;
  }

  /** Polls no more by itself. */
  cancelRetry(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
