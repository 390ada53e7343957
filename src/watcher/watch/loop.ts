import type { WatchPlace } from '../../domain/job/place.ts';
import { isOfAllProjects, isWildcard, type Target, type Watch } from '../../domain/job/watch.ts';
import type { WatchSight } from '../coverage/coverage-book.ts';
import { sightOf } from '../coverage/sight.ts';
import { beginPoll, type PollInHand } from '../poll/in-hand.ts';
import type { PollDeps } from '../poll/poll.ts';
import type { Haste } from '../reconciler.ts';
import type { Ticked } from '../schedule/release.ts';
import { ShareAccount } from '../share/share-account.ts';
import { writersOf } from '../share/watch-share.ts';
import { wholeShare } from '../share/whole-share.ts';
import type { PollNow, WatchStatus } from '../status.ts';
import { WatchAccount } from './account.ts';
import { WatchAlerts } from './alerts.ts';
import { BackOff } from './back-off.ts';
import { createWatchHint, type WatchHint } from './hint/watch-hint.ts';
import { WatchJournal } from './journal/journal.ts';
import { asksOf, freePace, type Pace, type ProjectAsks, type Sharer } from './pace.ts';
import { mayTakeMs, type PacedWatch, Pacer, type PollScope, wholePeriodMs } from './pacer.ts';
import { pollInput } from './poll-input.ts';
import { emptyReport, pollRunning, pollWatch, type WatchPollReport } from './poll-watch.ts';
import { createTargetBook } from './targets/book.ts';
import type { TargetBook, TargetBookDeps } from './targets/target-book.ts';
import { Throttle } from './throttle.ts';
import { ToldFailures, Troubles } from './troubles.ts';
import type { LoopWriters, WatchLoop, WatchLoopDeps, WatchLoopOptions } from './watch-loop.ts';
import { loopStatus } from './watch-status.ts';

/** A poll in hand gets this long to end when its project becomes another replica's. */
const LET_GO_MS = 2_000;

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
  readonly #options: WatchLoopOptions;
  readonly #paceOf: (loop: Sharer) => Pace;
  readonly #tickSoon: (retry: Ticked) => void;
  readonly #pacer: Pacer;
  readonly #throttle: Throttle;
  readonly #account: WatchAccount;
  readonly #journal: WatchJournal;
  readonly #alerts: WatchAlerts;
  readonly #book: TargetBook;
  readonly #backOff: BackOff;
  readonly #hint: WatchHint | null;
  readonly #writersFor: LoopWriters;
  readonly #share: ShareAccount;
  #inHand: { poll: PollInHand<WatchPollReport>; end: Promise<WatchPollReport> } | null = null;
  #beside: Promise<void> | null = null;
  #isStopped = false;
  /** What follows the poll in hand at once, which may have begun before something was mended: nothing, a poll where it fails, or one anyway. */
  #next: 'as planned' | 'if failing' | 'at once' = 'as planned';
  readonly #told: ToldFailures;
  readonly #troubles: Troubles;
  #hasMissedPolls = false;
  /** Nothing of the watch could be read by the last poll. */
  #isWholeFailing = false;

  constructor(deps: WatchLoopDeps, options: WatchLoopOptions) {
    const { watch, gapMs, feeds, share = wholeShare(), tickSoon = ({ tick }) => void tick() } = options;
    this.watch = watch;
    this.#deps = deps;
    this.#options = options;
    this.#paceOf = options.paceOf ?? (() => freePace(gapMs()));
    this.#tickSoon = tickSoon;
    this.#account = new WatchAccount(deps.clock, watch);
    this.#writersFor = writersOf(deps, share);
    const own = { ...deps, writersFor: this.#writersFor, share };
    this.#journal = new WatchJournal(own, watch, this.#account);
    this.#alerts = new WatchAlerts(own, watch);
    this.#told = new ToldFailures(watch.failingAfterMs);
    const writeDown: TargetBookDeps['writeDown'] = (kind, ...data) => this.#journal.writeDown(kind, ...data);
    this.#book = createTargetBook({ ...own, writeDown }, watch);
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
    this.#share = new ShareAccount({
      ...{ clock: deps.clock, share, book: this.#book, troubles: this.#troubles },
      isWholeFailing: () => this.#isWholeFailing,
      hasNoFailure: () => this.#account.failing === null,
    });
  }

  get source(): PollDeps['source'] {
    return this.#deps.source;
  }

  gapMs(): number {
    return this.#options.gapMs();
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
    if (this.#isStopped || this.#backOff.remainingMs > 0 || !this.#book.hasWork()) return null;
    if (this.#inHand) return this.#pollBeside();
    const scope = this.#pacer.due(this.#paced());
    return scope === null ? null : this.#poll(scope);
  }

  beat(): void {
    if (this.#isStopped) return;
    this.#inHand?.poll.beat();
    this.#book.turns.beat();
    this.#lookAtThrottle();
    this.#share.note();
    const due = this.#told.dueOf(this.#share.told());
    if (due.length > 0) void this.#alerts.onFailure(due);
  }

  stoodStill(forMs: number): void {
    this.#hasMissedPolls ||= this.#options.gapMs() <= forMs;
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
    return loopStatus({
      ...{ account: this.#account, troubles: this.#troubles, throttle: this.#throttle },
      ...{ backOff: this.#backOff, pacer: this.#pacer, hint: this.#hint, paced },
      mayTakeMs: mayTakeMs(paced, this.#hint),
      budget: isOfAllProjects(this.watch) ? null : this.#deps.source.budgetOf(this.watch.groupId),
      nextTickAt: this.#options.nextTickAt?.() ?? null,
      ...{ hasMissedPolls: this.#hasMissedPolls, now: this.#deps.clock.now() },
    });
  }

  sight(): WatchSight {
    const own = { account: this.#account, book: this.#book, hint: this.#hint, throttle: this.#throttle };
    return sightOf(this.watch, { ...own, paced: this.#paced(), inHand: this.#inHand?.poll ?? null });
  }

  surelyAheadMs(): number {
    return this.#deps.source.surelyAheadMs();
  }

  targetOf(place: Pick<Target, 'groupId' | 'instanceName'>): Target | null {
    return this.#book.find(place)?.target ?? null;
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

  follow(haste: Haste): void {
    const lost = this.#book.follow(haste === 'lost' ? 0 : LET_GO_MS);
    for (const groupId of lost) this.#options.feeds?.forget(this.source, { ...this.watch, groupId });
    if (this.#book.hasWork()) this.#journal.forget(lost);
    else this.#forgetAll();
    this.#alerts.forget();
    this.#share.note();
    if (this.#book.hasNewcomers()) this.#tickSoon({ tick: () => this.#pollNewcomers() });
  }

  get book(): WatchLoop['book'] {
    return this.#book;
  }

  /** Nothing of the watch is ours: whatever was wrong with it is another's to know by the time that something is again. */
  #forgetAll(): void {
    this.#journal.forget('all');
    this.#isWholeFailing = false;
    this.#backOff.end();
  }

  get #isFree(): boolean {
    return !this.#isStopped && this.#inHand === null;
  }

  /** What has become ours was polled by another replica a while ago: it does not wait for a tick. */
  #pollNewcomers(): Promise<unknown> | null {
    const mayPoll = this.#isFree && this.#backOff.remainingMs <= 0;
    return mayPoll && this.#book.hasNewcomers() ? this.#poll('fresh') : null;
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
    if (this.#book.hasNewcomers()) this.#tickSoon({ tick: () => this.#pollNewcomers() });
    const isDue = next === 'at once' || (next === 'if failing' && this.#troubles.all().length > 0);
    if (!isDue) return;
    this.#forgetFaults();
    this.#tickSoon({ tick: () => (this.#isFree ? this.#poll('whole', { isNow: true }) : null) });
  }

  #paced(): PacedWatch {
    const pace = this.#paceOf(this);
    return { pace, hasRunningJobs: this.#account.hasRunningJobs, isMany: isWildcard(this.watch) };
  }

  #lookAtThrottle(): void {
    const paced = this.#paced();
    const periodMs = wholePeriodMs(paced);
    const { sinceSuccessMs } = this.#account.status();
    const isLate = this.#inHand?.poll.isWaiting() && sinceSuccessMs > mayTakeMs(paced, this.#hint);
    this.#throttle.look({
      ...{ pace: paced.pace, periodMs, hasRunningJobs: paced.hasRunningJobs },
      late: isLate ? { byMs: sinceSuccessMs - periodMs } : null,
      projects: this.asks().keys(),
    });
  }

  #input(scope: PollScope, isNow = false): ReturnType<typeof pollInput> {
    const stand = {
      ...{ watch: this.watch, book: this.#book, hint: this.#hint, writersFor: this.#writersFor },
      paced: this.#paced(),
      hasSucceeded: this.#account.hasSucceeded,
      isPatient: this.#options.isPatient ?? false,
      isWholeFailing: this.#isWholeFailing,
      isTold: (place: WatchPlace) => this.#alerts.isTold(place),
    };
    return pollInput(stand, scope, isNow);
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
    this.#isWholeFailing = failure !== null && !isPartial;
    const durationMs = clock.monotonic() - begunAt;
    await this.#journal.note(report, { durationMs, failingForMs: poll.wasAborted() ? poll.idleMs() : 0 });
    if (!this.#book.hasWork()) this.#forgetAll();
    await this.#lookAtAlerts(report);
    if (!this.#isStopped) this.#deps.coverage?.note(this.sight());
    this.#hasMissedPolls &&= failure !== null || !report.hasRead;
    if (this.#isWholeFailing && failure) {
      this.#backOff.begin(failure, { gapMs: this.#options.gapMs() });
      if (this.#isStopped) this.#backOff.cancelRetry();
    } else this.#backOff.end();
    return report;
  }

  async #lookAtAlerts({ failure, hasRead, failing, endOf }: WatchPollReport): Promise<void> {
    this.#lookAtThrottle();
    this.#share.note();
    const isWell = this.#share.isWell(failure === null && (hasRead || failing.length > 0));
    const troubles = this.#share.told();
    this.#told.keep(troubles);
    const isLimited = this.#throttle.stretched?.isMeant === false || this.#share.isLimitedElsewhere();
    await this.#alerts.afterPoll({ isWell, isLimited, endOf });
    await this.#alerts.onFailure(troubles);
  }
}
