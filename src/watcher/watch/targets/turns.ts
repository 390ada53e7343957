import pLimit from 'p-limit';
import type { Clock } from '../../../clock.ts';
import type { WatchPlace } from '../../../domain/job/place.ts';
import { pollBackoffMs } from '../../../domain/telling/retry-policy.ts';
import { SourceError, toError } from '../../../errors.ts';
import { beginPoll, type PollInHand } from '../../poll/in-hand.ts';
import type { PollReport } from '../../poll/poll.ts';
import { joined, type PollProgress } from '../../poll/progress.ts';
import { placeOfTarget, type TrackedTarget } from './tracked.ts';

/** Nobody waits longer for a target of which nothing comes: its poll goes on beside those of the others. */
export const STALL_MS = 2_000;

/** Targets polled at once; the request budget is the real limit. */
const AT_ONCE = 8;
/** As many of those that nobody waits for. */
const BESIDE_AT_ONCE = 4;

/** A target that fails by itself is looked at again at least as often, unless its schedule is slower. */
const LONGEST_BACK_OFF_MS = 60_000;

/** How one target is polled. */
export type PollTurn = (signal: AbortSignal, progress: PollProgress) => Promise<PollReport>;

/** How a round is made. */
export interface RoundInput {
  signal: AbortSignal;
  /** Told how all of it gets on. */
  progress: PollProgress | undefined;
  /** A target of which nothing comes for that long is cut short. */
  patienceMs: number;
  /** From one round to the next. */
  gapMs: number;
  /** Waits for every target, however long it takes. */
  isPatient: boolean;
  /** All of the watch fails: no target is spared by itself, since one probe is as good as another. */
  isWholeFailing: boolean;
  /** See `WatchPollInput.spreadMs`. */
  spreadMs: number;
}

/**
 * The polls of single targets. A round polls those that are due, and waits for all of which something comes; those that fail or that are
 * slow go on beside it, so that one blind target never holds up the others. No target is ever polled twice at once.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #beside = pLimit(BESIDE_AT_ONCE);
  readonly #inHand = new Map<TrackedTarget, PollInHand<PollReport>>();
  readonly #taken = new Map<TrackedTarget, Promise<void>>();
  readonly #ends = new Set<Promise<void>>();
  readonly #life = new AbortController();
  #isStopped = false;
  #hurry = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Polls the targets that are due, in this order. Resolves when what is waited for has ended; never rejects. */
  async round(
    targets: readonly TrackedTarget[],
    pollOf: (tracked: TrackedTarget) => PollTurn,
    input: RoundInput,
  ): Promise<void> {
    const now = this.#clock.monotonic();
    const due = targets.filter(
      ({ reading }) =>
        reading.turn === null && (input.isWholeFailing || input.isPatient || now >= reading.notBeforeMono),
    );
    const isBeside = ({ reading }: TrackedTarget): boolean =>
      !input.isPatient && !input.isWholeFailing && (reading.isSlow || reading.failures > 0);
    const ends = due.filter(isBeside).map((tracked) => {
      tracked.reading.turn = 'waits';
      return this.#keep(this.#beside(() => this.#take(tracked, pollOf(tracked), input).end));
    });
    const limit = pLimit(AT_ONCE);
    const awaited = due.filter((tracked) => !isBeside(tracked));
    const stepMs = input.spreadMs / Math.max(1, awaited.length);
    const { signal: hurry } = this.#hurry;
    await Promise.all(
      awaited.map((tracked, index) =>
        limit(async () => {
          if (stepMs > 0 && !tracked.hasRunningJobs)
            await this.#waitUntil(now + index * stepMs, input, hurry);
          if (input.signal.aborted || tracked.reading.turn !== null || tracked.reading.isLetGo) return;
          const { inHand, end } = this.#take(tracked, pollOf(tracked), input);
          void this.#keep(end);
          if (input.isPatient || targets.length === 1) return end;
          if (!(await endsInTime(end, inHand))) tracked.reading.isSlow = true;
        }),
      ),
    );
    // A round of which nothing at all has come says nothing about the watch.
    if (awaited.length === 0 && ends.length > 0) await Promise.race(ends);
  }

  /**
   * Polls these targets no more, and takes no account of them. What is in hand of them is left to end for `graceMs`, and cut short then.
   * Resolves when all of it has ended.
   */
  async letGo(targets: readonly TrackedTarget[], graceMs: number): Promise<void> {
    for (const { reading } of targets) reading.isLetGo = true;
    const timer = setTimeout(() => this.cutShort(targets), graceMs);
    await Promise.all(targets.map((tracked) => this.#taken.get(tracked)));
    clearTimeout(timer);
  }

  /** Cuts short what is in hand of these targets. */
  cutShort(targets: readonly TrackedTarget[]): void {
    for (const tracked of targets) this.#inHand.get(tracked)?.abort(new Error('another replica polls it'));
  }

  /** For how long nothing has come of the poll in hand of a target, in milliseconds; 0 while none is. */
  idleMs({ reading: { turn } }: TrackedTarget): number {
    return turn === null || turn === 'waits' ? 0 : turn.idleMs();
  }

  /** Those that were not read for longer than they may take, while a poll of them is in hand of which nothing comes. */
  silent(
    targets: readonly TrackedTarget[],
    dueWithinMsOf: (tracked: TrackedTarget) => number,
  ): Array<{ place: WatchPlace; blindForMs: number; idleMs: number }> {
    const now = this.#clock.monotonic();
    return targets.flatMap((tracked) => {
      const { lastReadMono, sinceMono } = tracked.reading;
      const blindForMs = now - (lastReadMono ?? sinceMono);
      const idleMs = this.idleMs(tracked);
      if (blindForMs <= dueWithinMsOf(tracked) || idleMs < STALL_MS) return [];
      return [{ place: placeOfTarget(tracked), blindForMs, idleMs }];
    });
  }

  /** A round in hand that is spread over its time is made at once. */
  hurry(): void {
    this.#hurry.abort();
    this.#hurry = new AbortController();
  }

  /** A sign of life from outside, about once a second. */
  beat(): void {
    for (const inHand of this.#inHand.values()) inHand.beat();
  }

  /** Cuts short what is in hand, begins nothing any more, and waits until all of it has ended. */
  async stop(reason: Error): Promise<void> {
    this.#isStopped = true;
    this.#life.abort(reason);
    for (const inHand of this.#inHand.values()) inHand.abort(reason);
    await Promise.all(this.#ends);
  }

  /** Such a wait is as meant: nothing hangs. */
  async #waitUntil(atMono: number, { signal, progress }: RoundInput, hurry: AbortSignal): Promise<void> {
    if (hurry.aborted) return;
    const over = progress?.waits();
    const end = AbortSignal.any([signal, this.#life.signal, hurry]);
    await this.#clock.sleep(Math.max(0, atMono - this.#clock.monotonic()), end).catch(() => undefined);
    over?.();
  }

  #take(
    tracked: TrackedTarget,
    poll: PollTurn,
    { signal, progress, patienceMs, ...how }: RoundInput,
  ): { inHand: PollInHand<PollReport>; end: Promise<void> } {
    const { reading } = tracked;
    reading.begunMono = this.#clock.monotonic();
    const inHand = beginPoll<PollReport>(
      async (own, ownProgress) => {
        if (this.#isStopped || reading.isLetGo) throw new Error('nobody asks for it any more');
        return poll(own, joined(ownProgress, progress));
      },
      { clock: this.#clock, patienceMs, failed: (failure) => failedReport(tracked, failure) },
    );
    // What stops the whole round must not leave this one behind as if it were still under way.
    const onAbort = (): void => inHand.abort(toError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    reading.turn = inHand;
    this.#inHand.set(tracked, inHand);
    const end = inHand.report.then((report) => {
      signal.removeEventListener('abort', onAbort);
      this.#inHand.delete(tracked);
      this.#taken.delete(tracked);
      reading.turn = null;
      this.#note(tracked, report, how);
    });
    this.#taken.set(tracked, end);
    return { inHand, end };
  }

  #note(
    { reading }: TrackedTarget,
    report: PollReport,
    { gapMs, isWholeFailing }: Pick<RoundInput, 'gapMs' | 'isWholeFailing'>,
  ): void {
    const now = this.#clock.monotonic();
    reading.last = report;
    reading.isFresh = true;
    reading.isSlow = false;
    const { isForgiven } = reading;
    reading.isForgiven = false;
    if (report.failure === null) {
      reading.lastReadMono = now;
      reading.failures = 0;
      reading.notBeforeMono = Number.NEGATIVE_INFINITY;
      return;
    }
    // It may have begun before what was wrong was mended.
    if (isForgiven) return;
    // An outage of all says nothing about this one: it must not be looked at late when the others are back.
    reading.failures = isWholeFailing ? 1 : reading.failures + 1;
    const askedMs = report.failure instanceof SourceError ? (report.failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.min(LONGEST_BACK_OFF_MS, pollBackoffMs(reading.failures, gapMs, 0));
    reading.notBeforeMono = now + Math.max(waitMs, askedMs);
  }

  #keep(end: Promise<void>): Promise<void> {
    this.#ends.add(end);
    return end.finally(() => this.#ends.delete(end));
  }
}

/** What was known of its jobs before stands. */
function failedReport({ reading, hasRunningJobs }: TrackedTarget, failure: Error): PollReport {
  return {
    jobs: 0,
    changes: 0,
    hasRunningJobs,
    unknownJobIds: reading.last?.unknownJobIds ?? [],
    anomalies: reading.last?.anomalies ?? [],
    failure,
  };
}

/** Waits for the end, but no longer than something comes. @returns whether it has ended. */
export async function endsInTime(
  end: Promise<unknown>,
  inHand: Pick<PollInHand<unknown>, 'idleMs'>,
): Promise<boolean> {
  const stalled = Promise.withResolvers<false>();
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const restMs = STALL_MS - inHand.idleMs();
    if (restMs <= 0) stalled.resolve(false);
    else timer = setTimeout(look, restMs);
  };
  timer = setTimeout(look, STALL_MS);
  return Promise.race([end.then(() => true), stalled.promise]).finally(() => clearTimeout(timer));
}
