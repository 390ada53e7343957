import { formatSpan } from '../../domain/instant.ts';
import { liesIn, placeKey, type WatchPlace } from '../../domain/job/place.ts';
import { isWildcard, type Target, type Watch } from '../../domain/job/watch.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { JobStore } from '../../store/ports/jobs.ts';
import { beginPoll, HINT, type PollInHand } from '../poll/in-hand.ts';
import type { PollDeps } from '../poll/poll.ts';
import type { Ticked } from '../schedule/release.ts';
import { dueWithinMs, type Fault, type PlaceFault, type WatchStatus } from '../status.ts';
import { type Failing, WatchAccount } from './account.ts';
import { WatchAlerts, type WatchAlertsDeps } from './alerts.ts';
import { BackOff, type BackOffDeps } from './back-off.ts';
import { WatchJournal, type WatchJournalDeps } from './journal.ts';
import { emptyReport, pollWatch, type WatchPollReport } from './poll-watch.ts';
import { createTargetBook } from './targets/book.ts';
import type { TargetBook } from './targets/target-book.ts';

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
  /** A poll waits for every target, however slow: for whoever polls once. */
  isPatient?: boolean;
  /** Has it ticked as soon as others leave room for it; at once unless given. */
  tickSoon?: (retry: Ticked) => void;
}

/** One watch and the poll in hand. */
export interface WatchLoop {
  readonly watch: Watch;
  /** The schedule that counts now: the idle one while no job is running, where there is one. */
  schedule(): string;
  /** A tick: polls, unless a poll is under way or the watch is backing off. @returns the poll; `null`: none has begun. */
  tick(): Promise<unknown> | null;
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
  /** Its instance has gone, and no job of it is open any more; false as long as nobody has looked. */
  hasGone(job: Pick<Target, 'groupId' | 'instanceName'>): boolean;
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
  readonly #isPatient: boolean;
  readonly #account: WatchAccount;
  readonly #journal: WatchJournal;
  readonly #alerts: WatchAlerts;
  readonly #book: TargetBook;
  readonly #backOff: BackOff;
  #inHand: { poll: PollInHand<WatchPollReport>; end: Promise<WatchPollReport> } | null = null;
  #isStopped = false;
  /** Which failures were told. Only spares the store a question; what counts is kept there. */
  readonly #hasTold = new Set<string>();
  #hasMissedPolls = false;
  /** Nothing of the watch could be read by the last poll. */
  #isWholeFailing = false;

  constructor(deps: WatchLoopDeps, options: WatchLoopOptions) {
    const { watch, gapMs, isPatient = false, tickSoon = ({ tick }) => void tick() } = options;
    this.watch = watch;
    this.#deps = deps;
    this.#gapMs = gapMs;
    this.#isPatient = isPatient;
    this.#account = new WatchAccount(deps.clock, watch);
    const journal = new WatchJournal(deps, watch, this.#account);
    this.#journal = journal;
    this.#alerts = new WatchAlerts(deps, watch);
    this.#book = createTargetBook(
      { ...deps, writeDown: (kind, ...data) => journal.writeDown(kind, ...data) },
      watch,
    );
    this.#backOff = new BackOff(deps, () => tickSoon({ tick: () => this.#retry() }));
  }

  schedule(): string {
    const { schedule, scheduleIdle } = this.watch;
    const isIdle = this.#account.hasSucceeded && !this.#account.hasRunningJobs;
    return isIdle ? (scheduleIdle ?? schedule) : schedule;
  }

  tick(): Promise<unknown> | null {
    return this.#backOff.remainingMs > 0 ? null : this.#retry();
  }

  beat(): void {
    if (this.#isStopped) return;
    this.#inHand?.poll.beat();
    this.#book.turns.beat();
    const due = this.#troubles().filter(
      (trouble) => trouble.forMs >= this.watch.failingAfterMs && !this.#hasTold.has(keyOf(trouble)),
    );
    if (due.length === 0) return;
    for (const trouble of due) this.#hasTold.add(keyOf(trouble));
    void this.#alerts.onFailure(due);
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
    const mayTakeMs = dueWithinMs(gapMs);
    const faults = [...this.#troubles().map(toPlaceFault), ...this.#silent(mayTakeMs)];
    return {
      ...this.#account.status(),
      fault: faults[0] ? toFault(faults[0]) : null,
      faults,
      hasMissedPolls: this.#hasMissedPolls,
      scheduledMs: gapMs,
      dueWithinMs: mayTakeMs,
      nextPollAt: this.#deps.clock.now() + Math.max(0, Math.min(this.#backOff.remainingMs, gapMs)),
    };
  }

  surelyAheadMs(): number {
    return this.#deps.source.surelyAheadMs();
  }

  targetOf(job: Pick<Target, 'groupId' | 'instanceName'>): Target | null {
    return this.#book.find(job)?.target ?? null;
  }

  hasGone({ groupId, instanceName }: Pick<Target, 'groupId' | 'instanceName'>): boolean {
    return isWildcard(this.watch) && this.#book.hasGone({ groupId, instanceName, projectName: null });
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#backOff.cancelRetry();
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

  #retry(): Promise<unknown> | null {
    return this.#isStopped || this.#inHand ? null : this.pollNow();
  }

  #begin(): PollInHand<WatchPollReport> {
    const { watch } = this;
    const gapMs = this.#gapMs();
    const patienceMs = Math.max(LEAST_PATIENCE_MS, watch.failingAfterMs);
    const how = {
      ...{ watch, book: this.#book, gapMs, patienceMs },
      lateAfterMs: Math.max(LATE_AFTER_MS, 2 * gapMs),
      isPatient: this.#isPatient,
      isWholeFailing: this.#isWholeFailing,
      isTold: (place: WatchPlace) => this.#alerts.isTold(place),
    };
    return beginPoll((signal, progress) => pollWatch(this.#deps, { ...how, signal, progress }), {
      clock: this.#deps.clock,
      patienceMs,
      failed: emptyReport,
    });
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
    this.#hasMissedPolls &&= failure !== null;
    this.#isWholeFailing = failure !== null && !isPartial;
    if (this.#isWholeFailing && failure) {
      this.#backOff.begin(failure, { failures: this.#account.failures, gapMs: this.#gapMs() });
      if (this.#isStopped) this.#backOff.cancelRetry();
    } else this.#backOff.end();
    return report;
  }

  async #lookAtAlerts({ failure, hasRead, failing, endOf }: WatchPollReport): Promise<void> {
    const isWell = failure === null && (hasRead || failing.length > 0);
    const troubles = this.#troubles();
    const keys = new Set(troubles.map(keyOf));
    for (const told of this.#hasTold) if (!keys.has(told)) this.#hasTold.delete(told);
    await this.#alerts.afterPoll({ isWell, endOf });
    await this.#alerts.onFailure(troubles);
  }

  /** What keeps the watch from being polled: the fault of the last poll, or that nothing comes of the one in hand. Then its parts. */
  #troubles(): Failing[] {
    const own = this.#account.failing ?? this.#hanging();
    return [...(own ? [own] : []), ...this.#account.failingParts];
  }

  #hanging(): Failing | null {
    const forMs = this.#inHand?.poll.idleMs() ?? 0;
    return forMs < HANGING_AFTER_MS ? null : { ...this.#silence(forMs, 'the poll in hand'), part: null };
  }

  /** Instances that could not be read for longer than they may, though no fault has shown yet: nothing comes of their polls. */
  #silent(dueWithinMs: number): PlaceFault[] {
    if (!isWildcard(this.watch)) return [];
    const known = this.#troubles();
    return this.#book.silent(dueWithinMs).flatMap(({ place, blindForMs, idleMs }) => {
      const isKnown = known.some(({ part }) => part === null || liesInPart(place, part.place));
      if (isKnown) return [];
      return [{ ...this.#silence(idleMs, 'its poll in hand').fault, place, blindForMs }];
    });
  }

  #silence(forMs: number, what: string): Pick<Failing, 'fault' | 'forMs'> {
    const message = `nothing has come of ${what} for ${formatSpan(forMs)}`;
    const since = this.#deps.clock.now() - forMs;
    return { fault: { reason: 'timeout', message, hint: HINT, since }, forMs };
  }
}

function keyOf({ part }: Failing): string {
  return part === null ? '' : placeKey(part.place);
}

function toPlaceFault({ fault, forMs, part }: Failing): PlaceFault {
  return { ...fault, place: part?.place ?? null, blindForMs: forMs };
}

function toFault({ reason, message, hint, since }: PlaceFault): Fault {
  return { reason, message, hint, since };
}

function liesInPart({ groupId, instanceName }: WatchPlace, part: WatchPlace): boolean {
  return instanceName !== null && liesIn({ groupId, instanceName }, part);
}
