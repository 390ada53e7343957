import type { Timestamp } from '../../domain/instant.ts';
import type { WatchPlace } from '../../domain/job/place.ts';
import { isWildcard, type Target, type Watch } from '../../domain/job/watch.ts';
import { beginPoll, type PollInHand } from '../poll/in-hand.ts';
import type { PollDeps } from '../poll/poll.ts';
import type { Ticked } from '../schedule/release.ts';
import { dueWithinMs, type PollNow, type WatchStatus } from '../status.ts';
import { WatchAccount } from './account.ts';
import { WatchAlerts } from './alerts.ts';
import { BackOff } from './back-off.ts';
import { createWatchHint, type WatchHint } from './hint/watch-hint.ts';
import { WatchJournal } from './journal.ts';
import { asksOf, freePace, type Pace, type ProjectAsks, type Sharer } from './pace.ts';
import { type PacedWatch, Pacer, type PollScope, spreadMs, wholePeriodMs } from './pacer.ts';
import { emptyReport, pollRunning, pollWatch, type WatchPollReport } from './poll-watch.ts';
import { createTargetBook } from './targets/book.ts';
import type { TargetBook, TargetBookDeps } from './targets/target-book.ts';
import { Throttle } from './throttle.ts';
import { keyOf, Troubles, toFault, toPlaceFault, toThrottled } from './troubles.ts';
import type { WatchLoop, WatchLoopDeps, WatchLoopOptions } from './watch-loop.ts';

/** A transition found later than this after it happened is `late`, however short the interval. */
const LATE_AFTER_MS = 120_000;

/** A poll of which nothing comes is cut short after `failingAfter`, and no sooner than this: an answer may be long in coming. */
const LEAST_PATIENCE_MS = 180_000;
const { signal: NEVER } = new AbortController(); // The book cuts short what is in hand when it stops.

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
  readonly #nextTickAt: () => Timestamp | null;
  readonly #paceOf: (loop: Sharer) => Pace;
  readonly #tickSoon: (retry: Ticked) => void;
  readonly #pacer: Pacer;
  readonly #throttle: Throttle;
  readonly #isPatient: boolean;
  readonly #account: WatchAccount;
  readonly #journal: WatchJournal;
  readonly #alerts: WatchAlerts;
  readonly #book: TargetBook;
  readonly #backOff: BackOff;
  readonly #hint: WatchHint | null;
  #inHand: { poll: PollInHand<WatchPollReport>; end: Promise<WatchPollReport> } | null = null;
  #beside: Promise<void> | null = null;
  #isStopped = false;
  /** What follows the poll in hand at once, which may have begun before something was mended: nothing, a poll where it fails, or one anyway. */
  #next: 'as planned' | 'if failing' | 'at once' = 'as planned';
  /** Which failures were told. Only spares the store a question; what counts is kept there. */
  readonly #hasTold = new Set<string>();
  readonly #troubles: Troubles;
  #hasMissedPolls = false;
  /** Nothing of the watch could be read by the last poll. */
  #isWholeFailing = false;

  constructor(deps: WatchLoopDeps, options: WatchLoopOptions) {
    const { watch, gapMs, feeds, isPatient = false, tickSoon = ({ tick }) => void tick() } = options;
    this.watch = watch;
    this.#deps = deps;
    this.#gapMs = gapMs;
    this.#nextTickAt = options.nextTickAt ?? (() => null);
    this.#paceOf = options.paceOf ?? (() => freePace(gapMs()));
    this.#tickSoon = tickSoon;
    this.#isPatient = isPatient;
    this.#account = new WatchAccount(deps.clock, watch);
    const journal = new WatchJournal(deps, watch, this.#account);
    this.#journal = journal;
    this.#alerts = new WatchAlerts(deps, watch);
    const writeDown: TargetBookDeps['writeDown'] = (kind, ...data) => journal.writeDown(kind, ...data);
    this.#book = createTargetBook({ ...deps, writeDown }, watch);
    const again = (): void => tickSoon({ tick: () => (this.#isFree ? this.#poll('told') : null) });
    this.#hint = createWatchHint({ ...deps, writeDown, again }, watch, feeds);
    this.#backOff = new BackOff(deps, () => tickSoon({ tick: () => this.#retry() }));
    this.#pacer = new Pacer(deps.clock, () => tickSoon({ tick: () => this.tick() }));
    this.#throttle = new Throttle(deps, watch);
    this.#troubles = new Troubles({
      ...{ clock: deps.clock, account: this.#account, throttle: this.#throttle, book: this.#book },
      hint: this.#hint,
      idleMs: () => this.#inHand?.poll.idleMs() ?? 0,
    });
  }

  get source(): PollDeps['source'] {
    return this.#deps.source;
  }

  gapMs(): number {
    return this.#gapMs();
  }

  asks(): ReadonlyMap<string, ProjectAsks> {
    return asksOf(this.#book.known(), this.#hint);
  }

  schedule(): string {
    const { schedule, scheduleIdle } = this.watch;
    const isIdle = this.#account.hasSucceeded && !this.#account.hasRunningJobs;
    return isIdle ? (scheduleIdle ?? schedule) : schedule;
  }

  tick(): Promise<unknown> | null {
    if (this.#isStopped || this.#backOff.remainingMs > 0) return null;
    if (this.#inHand) return this.#pollBeside();
    const scope = this.#pacer.due(this.#paced());
    return scope === null ? null : this.#poll(scope);
  }

  beat(): void {
    if (this.#isStopped) return;
    this.#inHand?.poll.beat();
    this.#book.turns.beat();
    this.#lookAtThrottle();
    const due = [...this.#troubles.all(), ...this.#troubles.tooSeldom()].filter(
      (trouble) => trouble.forMs >= this.watch.failingAfterMs && !this.#hasTold.has(keyOf(trouble)),
    );
    if (due.length === 0) return;
    for (const trouble of due) {
      // For less than that others can mend it: it is looked at again then.
      const { forMs, sameForMs = forMs } = trouble;
      if (sameForMs >= this.watch.failingAfterMs) this.#hasTold.add(keyOf(trouble));
    }
    void this.#alerts.onFailure(due);
  }

  stoodStill(forMs: number): void {
    this.#hasMissedPolls ||= this.#gapMs() <= forMs;
  }

  pollNow(): Promise<WatchPollReport> {
    return this.#inHand?.end ?? this.#poll('whole');
  }

  forgive(): void {
    this.#forgetFaults();
    if (this.#inHand) this.#next = this.#next === 'at once' ? 'at once' : 'if failing';
    else if (this.#troubles.all().length > 0) this.#tickSoon({ tick: () => this.#retry() });
  }

  pollSoon(): PollNow {
    if (this.#isStopped) return 'stopped';
    this.#forgetFaults();
    if (this.#inHand) {
      this.#next = 'at once';
      this.#book.turns.hurry();
      return 'under_way';
    }
    void this.#poll('whole', { isNow: true });
    return 'begun';
  }

  /** Nothing waits any longer because of what has failed before. */
  #forgetFaults(): void {
    this.#backOff.end();
    this.#book.forgive();
  }

  status(): WatchStatus {
    const paced = this.#paced();
    const gapMs = paced.pace.scheduledMs;
    const periodMs = wholePeriodMs(paced);
    const mayTakeMs = this.#mayTakeMs(paced);
    const faults = [...this.#troubles.all().map(toPlaceFault), ...this.#troubles.silent(mayTakeMs)];
    return {
      ...this.#account.status(),
      ...{ scheduledMs: gapMs, periodMs },
      throttled: toThrottled(this.#throttle.standing),
      fault: faults[0] ? toFault(faults[0]) : null,
      faults,
      hasMissedPolls: this.#hasMissedPolls,
      dueWithinMs: mayTakeMs,
      nextPollAt: this.#nextPollAt(periodMs, gapMs),
      hint: this.#hint?.status() ?? null,
      polledBy: null,
    };
  }

  /** When the schedule comes round, by the period where that is longer, or when the back-off ends; `null` before the first poll has begun. */
  #nextPollAt(periodMs: number, scheduledMs: number): Timestamp | null {
    const backOffMs = this.#backOff.remainingMs;
    const untilNextMs = backOffMs > 0 ? backOffMs : this.#pacer.untilNextMs(periodMs);
    const slot = backOffMs <= 0 && periodMs <= scheduledMs ? this.#nextTickAt() : null;
    if (untilNextMs === null) return null;
    const now = this.#deps.clock.now();
    const toldMs = this.#hint?.untilNextMs() ?? Number.POSITIVE_INFINITY;
    return Math.min(slot ?? now + Math.max(0, untilNextMs), now + toldMs);
  }

  surelyAheadMs(): number {
    return this.#deps.source.surelyAheadMs();
  }

  targetOf(job: Pick<Target, 'groupId' | 'instanceName'>): Target | null {
    return this.#book.find(job)?.target ?? null;
  }

  hasLeft({ groupId, instanceName }: Pick<Target, 'groupId' | 'instanceName'>): boolean {
    return isWildcard(this.watch) && this.#book.fateOf({ groupId, instanceName, projectName: null }) !== null;
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#backOff.cancelRetry();
    this.#pacer.cancel();
    this.#hint?.stop();
    const reason = new Error('shutting down');
    if (this.#inHand) {
      const { poll, end } = this.#inHand;
      const timer = setTimeout(() => {
        poll.abort(reason);
        void this.#book.stop(reason);
      }, graceMs);
      await end.catch(() => undefined);
      clearTimeout(timer);
    }
    await this.#book.stop(reason);
  }

  get #isFree(): boolean {
    return !this.#isStopped && this.#inHand === null;
  }

  #retry(): Promise<unknown> | null {
    return this.#isFree ? this.pollNow() : null;
  }

  /** `isNow`: somebody waits for it, so that nothing of it is spread. */
  #poll(scope: PollScope, { isNow = false } = {}): Promise<WatchPollReport> {
    this.#pacer.begun(scope);
    const input = this.#input(scope, isNow);
    const poll = beginPoll((signal, progress) => pollWatch(this.#deps, { ...input, signal, progress }), {
      clock: this.#deps.clock,
      patienceMs: input.patienceMs,
      failed: emptyReport,
    });
    const end = this.#finish(poll).finally(() => {
      this.#inHand = null;
      if (this.#isStopped) return;
      this.#pacer.plan(this.#paced());
      this.#hint?.plan();
      this.#pollOn();
    });
    this.#inHand = { poll, end };
    return end;
  }

  /** Polls at once after a poll that may have begun before something was mended. */
  #pollOn(): void {
    const next = this.#next;
    this.#next = 'as planned';
    const isDue = next === 'at once' || (next === 'if failing' && this.#troubles.all().length > 0);
    if (!isDue) return;
    this.#forgetFaults();
    this.#tickSoon({ tick: () => (this.#isFree ? this.#poll('whole', { isNow: true }) : null) });
  }

  #paced(): PacedWatch {
    const pace = this.#paceOf(this);
    return { pace, hasRunningJobs: this.#account.hasRunningJobs, isMany: isWildcard(this.watch) };
  }

  #mayTakeMs(paced: PacedWatch): number {
    const periodMs = wholePeriodMs(paced);
    // That a feed does not answer is known after two periods: then all is polled.
    const moreMs = this.#hint?.isInUse ? periodMs : 0;
    return dueWithinMs(periodMs, periodMs > paced.pace.scheduledMs) + moreMs;
  }

  #lookAtThrottle(): void {
    const paced = this.#paced();
    const periodMs = wholePeriodMs(paced);
    const { sinceSuccessMs } = this.#account.status();
    const isLate = this.#inHand?.poll.isWaiting() && sinceSuccessMs > this.#mayTakeMs(paced);
    this.#throttle.look({
      ...{ pace: paced.pace, periodMs, hasRunningJobs: paced.hasRunningJobs },
      late: isLate ? { byMs: sinceSuccessMs - periodMs } : null,
      projects: this.asks().keys(),
    });
  }

  #input(scope: PollScope, isNow = false) {
    const { watch } = this;
    const paced = this.#paced();
    const gapMs = wholePeriodMs(paced);
    const patienceMs = Math.max(LEAST_PATIENCE_MS, watch.failingAfterMs);
    // The first look is not to wait.
    const isHeldApart = !isNow && this.#account.hasSucceeded && !this.#isPatient;
    return {
      ...{ watch, book: this.#book, hint: this.#hint, gapMs, patienceMs, scope },
      spreadMs: isHeldApart ? spreadMs(paced.pace, scope) : 0,
      lateAfterMs: Math.max(LATE_AFTER_MS, 2 * gapMs),
      isPatient: this.#isPatient,
      isWholeFailing: this.#isWholeFailing,
      isTold: (place: WatchPlace) => this.#alerts.isTold(place),
    };
  }

  /** What runs is not to wait for all the others. */
  #pollBeside(): Promise<unknown> | null {
    if (this.#beside !== null || !this.#pacer.isRunningDue(this.#paced())) return null;
    this.#pacer.begun('running');
    this.#beside = pollRunning(this.#deps, { ...this.#input('running'), signal: NEVER }).finally(() => {
      this.#beside = null;
    });
    return this.#beside;
  }

  async #finish(poll: PollInHand<WatchPollReport>): Promise<WatchPollReport> {
    const { clock } = this.#deps;
    const begunAt = clock.monotonic();
    const report = await poll.report;
    if (this.#isStopped && poll.wasAborted()) return report;
    const { failure, isPartial } = report;
    const durationMs = clock.monotonic() - begunAt;
    await this.#journal.note(report, { durationMs, failingForMs: poll.wasAborted() ? poll.idleMs() : 0 });
    await this.#lookAtAlerts(report);
    this.#hasMissedPolls &&= failure !== null || !report.hasRead;
    this.#isWholeFailing = failure !== null && !isPartial;
    if (this.#isWholeFailing && failure) {
      this.#backOff.begin(failure, { gapMs: this.#gapMs() });
      if (this.#isStopped) this.#backOff.cancelRetry();
    } else this.#backOff.end();
    return report;
  }

  async #lookAtAlerts({ failure, hasRead, failing, endOf }: WatchPollReport): Promise<void> {
    this.#lookAtThrottle();
    const isWell = failure === null && (hasRead || failing.length > 0);
    const troubles = [...this.#troubles.all(), ...this.#troubles.tooSeldom()];
    const keys = new Set(troubles.map(keyOf));
    for (const told of this.#hasTold) if (!keys.has(told)) this.#hasTold.delete(told);
    const isLimited = this.#throttle.stretched?.isMeant === false;
    await this.#alerts.afterPoll({ isWell, isLimited, endOf });
    await this.#alerts.onFailure(troubles);
  }
}
