import type { Clock } from '../../../clock.ts';
import { pollBackoffMs } from '../../../domain/telling/retry-policy.ts';
import { SourceError, toError } from '../../../errors.ts';

/** The wait after a list that could not be had, at first; it doubles. */
const RETRY_MS = 15_000;
/** A list is asked for again no sooner than this because something in it may have changed. */
const DOUBT_GAP_MS = 1_000;
/** Nor than this, at first, while what was doubted is still listed and still fails; it doubles. */
const REPEATED_DOUBT_MS = 30_000;

/**
 * One list that is asked for now and then: of projects, or of the instances of one. When it is due depends on itself alone: a fault of one
 * list makes no other come sooner, and is itself tried again with a growing wait.
 */
export class Listing {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #everyMs: number;
  #dueMono = Number.NEGATIVE_INFINITY;
  #begunMono = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #doubts = 0;
  #nextDoubtMono = Number.NEGATIVE_INFINITY;
  #fault: SourceError | null = null;
  #hasSucceeded = false;
  #inHand: Promise<void> | null = null;
  /** Somebody has said since it was asked for that what was wrong is mended. */
  #isForgiven = false;

  constructor(clock: Pick<Clock, 'monotonic'>, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Why the list could not be had when it was asked for last; `null`: it could, or was never asked for. */
  get fault(): SourceError | null {
    return this.#fault;
  }

  get hasSucceeded(): boolean {
    return this.#hasSucceeded;
  }

  /** It is being asked for; never rejects. */
  get inHand(): Promise<void> | null {
    return this.#inHand;
  }

  get isDue(): boolean {
    return this.#inHand === null && this.#clock.monotonic() >= this.#dueMono;
  }

  /**
   * Asks for the list, if it is due, and takes it over.
   * @param signal ends the asking, and then the list is due again at once; `ask` must take nothing over any more.
   * @param onBroken is told of what is no fault of the source; the list is due again at once then as well.
   */
  begin(ask: () => Promise<void>, signal: AbortSignal, onBroken: (error: Error) => void): void {
    if (!this.isDue) return;
    this.#begunMono = this.#clock.monotonic();
    this.#isForgiven = false;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(toError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#inHand = Promise.race([ask(), aborted.promise])
      .then(() => this.#noteSuccess())
      .catch((thrown: unknown) => {
        if (signal.aborted) return;
        if (thrown instanceof SourceError) this.#noteFault(thrown);
        else onBroken(toError(thrown));
      })
      .finally(() => {
        signal.removeEventListener('abort', onAbort);
        this.#inHand = null;
      });
  }

  /**
   * Something in the list was asked for at `askedMono`, and Atlas says that it is not there, or of another kind: the list is due at once,
   * unless it is newer than that. `isNews`: it could be read before.
   */
  doubt({ askedMono, isNews }: { askedMono: number; isNews: boolean }): void {
    const now = this.#clock.monotonic();
    if (this.#inHand !== null || this.#begunMono > askedMono) return;
    if (!isNews && now < this.#nextDoubtMono) return;
    this.#doubts = isNews ? 1 : this.#doubts + 1;
    this.#nextDoubtMono = now + pollBackoffMs(this.#doubts, REPEATED_DOUBT_MS, 0);
    this.#dueMono = Math.min(this.#dueMono, Math.max(now, this.#begunMono + DOUBT_GAP_MS));
  }

  /** Somebody says that what was wrong is mended: a list that could not be had, or cannot in what is in hand, is due at once. */
  forgive(): void {
    this.#failures = 0;
    this.#doubts = 0;
    this.#nextDoubtMono = Number.NEGATIVE_INFINITY;
    this.#isForgiven = this.#inHand !== null;
    if (this.#fault !== null) this.#dueMono = Number.NEGATIVE_INFINITY;
  }

  #noteSuccess(): void {
    this.#fault = null;
    this.#failures = 0;
    this.#hasSucceeded = true;
    this.#dueMono = this.#clock.monotonic() + this.#everyMs;
  }

  #noteFault(fault: SourceError): void {
    this.#fault = fault;
    if (this.#isForgiven) {
      this.#dueMono = Number.NEGATIVE_INFINITY;
      return;
    }
    this.#failures += 1;
    const waitMs = Math.min(this.#everyMs, pollBackoffMs(this.#failures, RETRY_MS, 0));
    this.#dueMono = this.#clock.monotonic() + Math.max(waitMs, fault.retryAfterMs ?? 0);
  }
}
