import { formatSpan } from '../../domain/instant.ts';
import type { Target, Watch } from '../../domain/job/watch.ts';
import { pollBackoffMs } from '../../domain/telling/retry-policy.ts';
import { SourceError, StoreError, toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { AuditRecorder } from '../../store/ports/audit.ts';
import { beginPoll, HINT, type PollInHand } from '../poll/in-hand.ts';
import type { PollDeps } from '../poll/poll.ts';
import type { WatchStatus } from '../status.ts';
import { createWatchAlerts } from './alerts.ts';
import { createWatchJournal, type Failing } from './journal.ts';
import { pollWatch, type WatchPollReport } from './poll-watch.ts';
import { createTargetBook } from './targets.ts';

/** A transition found later than this after it happened is `late`, however short the interval. */
const LATE_AFTER_MS = 120_000;

/** What a poll may take on top of its interval before the watch counts as blind. */
const DUE_SLACK_MS = 5_000;

/** A poll of which nothing comes is cut short after `failingAfter`, and no sooner than this: an answer may be long in coming. */
const LEAST_PATIENCE_MS = 180_000;
/** Sooner than this it does not count as hanging: a request may take its time, and be repeated. */
const HANGING_AFTER_MS = 60_000;

export interface WatchLoopDeps extends PollDeps {
  store: PollDeps['store'] & AlertStore & AuditRecorder;
  logger: Logger;
  faultLog: FaultLog;
  signals: Signals;
  /** In [0, 1). */
  random: () => number;
}

export interface WatchLoopOptions {
  watch: Watch;
  /** The page of a project in Atlas, for people. */
  projectUrl: (groupId: string) => string | null;
  /** From one tick to the next of the schedule in use, in milliseconds. */
  gapMs: () => number;
}

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
  /** See `JobSource.aheadMs`. */
  aheadMs(): number;
  /** The target that a job belongs to, as of the last look for instances; `null`: none of this watch. */
  targetOf(job: Pick<Target, 'groupId' | 'instanceName'>): Target | null;
  /** Lets a poll in hand finish for `graceMs`, then aborts it. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
}

/**
 * One watch: never two polls at once, back-off after failures, and the account of how it is doing. Faults of Atlas or the store are
 * recorded and never end it, and neither does a poll that hangs: it is cut short, or left behind.
 */
export function createWatchLoop(deps: WatchLoopDeps, options: WatchLoopOptions): WatchLoop {
  const { clock } = deps;
  const { watch, gapMs } = options;
  const journal = createWatchJournal(deps, watch);
  const alerts = createWatchAlerts(deps, watch, options.projectUrl);
  const book = createTargetBook({ ...deps, writeDown: journal.writeDown }, watch);
  let inHand: { poll: PollInHand; end: Promise<WatchPollReport> } | null = null;
  let retryTimer: NodeJS.Timeout | null = null;
  let blockedUntil = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  /** Only spares the store a question; what counts is kept there. */
  let hasToldFailing = false;
  let hasMissedPolls = false;

  const begin = (): PollInHand => {
    const { projectUrl } = options;
    const lateAfterMs = Math.max(LATE_AFTER_MS, 2 * gapMs());
    return beginPoll(
      (signal, progress) => pollWatch(deps, { watch, book, projectUrl, lateAfterMs, signal, progress }),
      { clock, patienceMs: Math.max(LEAST_PATIENCE_MS, watch.failingAfterMs) },
    );
  };

  const finish = async (poll: PollInHand): Promise<WatchPollReport> => {
    const begunAt = clock.monotonic();
    const report = await poll.report;
    if (isStopped && poll.wasAborted()) return report;
    const durationMs = clock.monotonic() - begunAt;
    await journal.note(report, { durationMs, failingForMs: poll.wasAborted() ? poll.idleMs() : 0 });
    await lookAtAlerts(report.failure === null);
    if (report.failure && !report.isPartial) backOff(report.failure);
    else blockedUntil = Number.NEGATIVE_INFINITY;
    hasToldFailing &&= report.failure !== null;
    hasMissedPolls &&= report.failure !== null;
    return report;
  };

  /** What keeps the watch from being polled, and for how long it has: the fault of the last poll, or that nothing comes of the one in hand. */
  const trouble = (): Failing | null => journal.failing() ?? hanging();

  const hanging = (): Failing | null => {
    const forMs = inHand?.poll.idleMs() ?? 0;
    if (forMs < HANGING_AFTER_MS) return null;
    const message = `nothing has come of the poll in hand for ${formatSpan(forMs)}`;
    return { fault: { reason: 'timeout', message, hint: HINT, since: clock.now() - forMs }, forMs };
  };

  /** A store that fails now is asked again at the next look. */
  const lookAtAlerts = async (hasSucceeded: boolean): Promise<void> => {
    const failing = trouble();
    const key = `alerts of ${watch.name}`;
    try {
      if (hasSucceeded) await alerts.onSuccess();
      else if (failing) await alerts.onFailure(failing.fault, failing.forMs);
      deps.faultLog.clear(key, 'Alerts can be recorded again', { watch: watch.name });
    } catch (thrown) {
      const err = toError(thrown);
      deps.faultLog.report(
        key,
        `An alert could not be recorded: ${err.message}`,
        { watch: watch.name, err },
        'error',
      );
    }
  };

  /** Atlas is spared when it fails. A store that fails is no reason to look less often. */
  const backOff = (failure: Error): void => {
    if (failure instanceof StoreError) return;
    const asked = failure instanceof SourceError ? (failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(pollBackoffMs(journal.failures(), gapMs(), deps.random()), asked);
    blockedUntil = clock.monotonic() + waitMs;
    if (retryTimer) clearTimeout(retryTimer);
    if (!isStopped) retryTimer = setTimeout(() => void pollNow(), waitMs);
  };

  const pollNow = (): Promise<WatchPollReport> => {
    if (inHand) return inHand.end;
    const poll = begin();
    const end = finish(poll).finally(() => {
      inHand = null;
    });
    inHand = { poll, end };
    return end;
  };

  return {
    watch,
    schedule: () =>
      watch.scheduleIdle !== null && journal.hasSucceeded() && !journal.hasRunningJobs()
        ? watch.scheduleIdle
        : watch.schedule,
    tick: () => {
      if (isStopped || inHand || clock.monotonic() < blockedUntil) return;
      void pollNow();
    },
    beat: () => {
      if (isStopped) return;
      inHand?.poll.beat();
      const failing = trouble();
      if (hasToldFailing || !failing || failing.forMs < watch.failingAfterMs) return;
      hasToldFailing = true;
      void lookAtAlerts(false);
    },
    stoodStill: (forMs) => {
      hasMissedPolls ||= gapMs() <= forMs;
    },
    pollNow,
    status: () => ({
      ...journal.status(),
      fault: trouble()?.fault ?? null,
      hasMissedPolls,
      dueWithinMs: Math.max(2 * gapMs(), gapMs() + DUE_SLACK_MS),
      nextPollAt: clock.now() + Math.max(0, Math.min(blockedUntil - clock.monotonic(), gapMs())),
    }),
    aheadMs: () => deps.source.aheadMs(),
    targetOf: book.find,
    stop: async (graceMs) => {
      isStopped = true;
      if (retryTimer) clearTimeout(retryTimer);
      if (!inHand) return;
      const { poll, end } = inHand;
      const timer = setTimeout(() => poll.abort(new Error('shutting down')), graceMs);
      await end.catch(() => undefined);
      clearTimeout(timer);
    },
  };
}
