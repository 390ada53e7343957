import { formatSpan } from '../../domain/instant.ts';
import type { Target, Watch } from '../../domain/job/watch.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { JobStore } from '../../store/ports/jobs.ts';
import { beginPoll, HINT, type PollInHand } from '../poll/in-hand.ts';
import type { PollDeps } from '../poll/poll.ts';
import { dueWithinMs, type WatchStatus } from '../status.ts';
import { type Failing, WatchAccount } from './account.ts';
import { WatchAlerts, type WatchAlertsDeps } from './alerts.ts';
import { BackOff, type BackOffDeps } from './back-off.ts';
import { WatchJournal, type WatchJournalDeps } from './journal.ts';
import { pollWatch, type WatchPollReport } from './poll-watch.ts';
import { createTargetBook, type TargetBook } from './targets.ts';

/** A transition found later than this after it happened is `late`, however short the interval. */
const LATE_AFTER_MS = 120_000;

/** A poll of which nothing comes is cut short after `failingAfter`, and no sooner than this: an answer may be long in coming. */
const LEAST_PATIENCE_MS = 180_000;
/** Sooner than this it does not count as hanging: a request may take its time, and be repeated. */
const HANGING_AFTER_MS = 60_000;

/** What the loop of a watch works with. */
export interface WatchLoopDeps extends PollDeps, WatchAlertsDeps, WatchJournalDeps, BackOffDeps {
  source: PollDeps['source'];
  store: PollDeps['store'] & WatchAlertsDeps['store'] & JobStore;
  recorder: PollDeps['recorder'] & WatchAlertsDeps['recorder'] & WatchJournalDeps['recorder'];
  clock: PollDeps['clock'];
  logger: Logger;
  signals: Signals;
}

/** Which watch a loop polls, and how often. */
export interface WatchLoopOptions {
  watch: Watch;
  /** From one tick to the next of the schedule in use, in milliseconds. */
  gapMs: () => number;
}

/** One watch and the poll in hand. */
export interface WatchLoop {
  readonly watch: Watch;
  /** The schedule that counts now: the idle one while no job is running, where there is one. */
  schedule(): string;
  /** A tick: polls, unless a poll is under way or the watch is backing off. */
  tick(): void;
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  /** The process did nothing for so long. A watch that would have been polled meanwhile is not to be relied on until it is. */
  stoodStill(forMs: number): void;
  /** Polls now, whatever the back-off says, and waits for the end. Never rejects for a fault: see the report's `failure`. */
  pollNow(): Promise<WatchPollReport>;
  status(): WatchStatus;
  /** See `JobSource.surelyAheadMs`. */
  surelyAheadMs(): number;
  /** The target that a job belongs to, as of the last look for instances; `null`: none of this watch. */
  targetOf(job: Pick<Target, 'groupId' | 'instanceName'>): Target | null;
  /** Lets a poll in hand finish for `graceMs`, then aborts it. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Begins the loop of one watch: never two polls at once, back-off after failures, and the account of how it is doing. Faults of Atlas
 * or the store are recorded and never end it, and neither does a poll that hangs: it is cut short, or left behind.
 */
export function createWatchLoop(deps: WatchLoopDeps, options: WatchLoopOptions): WatchLoop {
  return new PollingLoop(deps, options);
}

class PollingLoop implements WatchLoop {
  readonly watch: Watch;
  readonly #deps: WatchLoopDeps;
  readonly #gapMs: () => number;
  readonly #account: WatchAccount;
  readonly #journal: WatchJournal;
  readonly #alerts: WatchAlerts;
  readonly #book: TargetBook;
  readonly #backOff: BackOff;
  #inHand: { poll: PollInHand; end: Promise<WatchPollReport> } | null = null;
  #isStopped = false;
  /** Only spares the store a question; what counts is kept there. */
  #hasToldFailing = false;
  #hasMissedPolls = false;

  constructor(deps: WatchLoopDeps, { watch, gapMs }: WatchLoopOptions) {
    this.watch = watch;
    this.#deps = deps;
    this.#gapMs = gapMs;
    this.#account = new WatchAccount(deps.clock, watch);
    const journal = new WatchJournal(deps, watch, this.#account);
    this.#journal = journal;
    this.#alerts = new WatchAlerts(deps, watch);
    this.#book = createTargetBook(
      { ...deps, writeDown: (kind, data) => journal.writeDown(kind, data) },
      watch,
    );
    this.#backOff = new BackOff(deps, () => void this.pollNow());
  }

  schedule(): string {
    const { schedule, scheduleIdle } = this.watch;
    const isIdle = this.#account.hasSucceeded && !this.#account.hasRunningJobs;
    return isIdle ? (scheduleIdle ?? schedule) : schedule;
  }

  tick(): void {
    if (this.#isStopped || this.#inHand || this.#backOff.remainingMs > 0) return;
    void this.pollNow();
  }

  beat(): void {
    if (this.#isStopped) return;
    this.#inHand?.poll.beat();
    const trouble = this.#trouble();
    if (this.#hasToldFailing || !trouble || trouble.forMs < this.watch.failingAfterMs) return;
    this.#hasToldFailing = true;
    void this.#alerts.onFailure(trouble);
  }

  stoodStill(forMs: number): void {
    this.#hasMissedPolls ||= this.#gapMs() <= forMs;
  }

  pollNow(): Promise<WatchPollReport> {
    if (this.#inHand) return this.#inHand.end;
    const poll = this.#begin();
    const end = this.#finish(poll).finally(() => {
      this.#inHand = null;
    });
    this.#inHand = { poll, end };
    return end;
  }

  status(): WatchStatus {
    const gapMs = this.#gapMs();
    return {
      ...this.#account.status(),
      fault: this.#trouble()?.fault ?? null,
      hasMissedPolls: this.#hasMissedPolls,
      dueWithinMs: dueWithinMs(gapMs),
      nextPollAt: this.#deps.clock.now() + Math.max(0, Math.min(this.#backOff.remainingMs, gapMs)),
    };
  }

  surelyAheadMs(): number {
    return this.#deps.source.surelyAheadMs();
  }

  targetOf(job: Pick<Target, 'groupId' | 'instanceName'>): Target | null {
    return this.#book.find(job);
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#backOff.cancelRetry();
    if (!this.#inHand) return;
    const { poll, end } = this.#inHand;
    const timer = setTimeout(() => poll.abort(new Error('shutting down')), graceMs);
    await end.catch(() => undefined);
    clearTimeout(timer);
  }

  #begin(): PollInHand {
    const { watch } = this;
    const book = this.#book;
    const lateAfterMs = Math.max(LATE_AFTER_MS, 2 * this.#gapMs());
    return beginPoll(
      (signal, progress) => pollWatch(this.#deps, { watch, book, lateAfterMs, signal, progress }),
      { clock: this.#deps.clock, patienceMs: Math.max(LEAST_PATIENCE_MS, watch.failingAfterMs) },
    );
  }

  async #finish(poll: PollInHand): Promise<WatchPollReport> {
    const { clock } = this.#deps;
    const begunAt = clock.monotonic();
    const report = await poll.report;
    if (this.#isStopped && poll.wasAborted()) return report;
    const { failure, isPartial } = report;
    const durationMs = clock.monotonic() - begunAt;
    await this.#journal.note(report, { durationMs, failingForMs: poll.wasAborted() ? poll.idleMs() : 0 });
    await this.#lookAtAlerts(failure);
    this.#hasToldFailing &&= failure !== null;
    this.#hasMissedPolls &&= failure !== null;
    if (failure && !isPartial) {
      this.#backOff.begin(failure, { failures: this.#account.failures, gapMs: this.#gapMs() });
      if (this.#isStopped) this.#backOff.cancelRetry();
    } else this.#backOff.end();
    return report;
  }

  async #lookAtAlerts(failure: Error | null): Promise<void> {
    const trouble = this.#trouble();
    if (failure === null) await this.#alerts.onSuccess();
    else if (trouble) await this.#alerts.onFailure(trouble);
  }

  /** What keeps the watch from being polled: the fault of the last poll, or that nothing comes of the one in hand. */
  #trouble(): Failing | null {
    return this.#account.failing ?? this.#hanging();
  }

  #hanging(): Failing | null {
    const forMs = this.#inHand?.poll.idleMs() ?? 0;
    if (forMs < HANGING_AFTER_MS) return null;
    const message = `nothing has come of the poll in hand for ${formatSpan(forMs)}`;
    const since = this.#deps.clock.now() - forMs;
    return { fault: { reason: 'timeout', message, hint: HINT, since }, forMs };
  }
}
