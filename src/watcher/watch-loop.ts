import { pollBackoffMs } from '../domain/retry-policy.ts';
import type { Watch } from '../domain/watch.ts';
import { SourceError, toError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Signals } from './events.ts';
import type { PollDeps } from './poll.ts';
import { emptyReport, pollWatch, type WatchPollReport } from './poll-watch.ts';
import type { WatchStatus } from './status.ts';
import { createTargetBook, type TargetBook } from './targets.ts';
import { createWatchAlerts } from './watch-alerts.ts';
import { createWatchJournal } from './watch-journal.ts';

/** A transition found later than this after it happened is `late`, however short the interval. */
const LATE_AFTER_MS = 120_000;

/** What a poll may take on top of its interval before the watch counts as blind. */
const DUE_SLACK_MS = 5_000;

export interface WatchLoopDeps extends PollDeps {
  logger: Logger;
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
  /** Polls now, whatever the back-off says, and waits for the end. Never rejects for a fault: see the report's `failure`. */
  pollNow(): Promise<WatchPollReport>;
  status(): WatchStatus;
  /** Lets a poll in hand finish for `graceMs`, then aborts it. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
}

/**
 * One watch: never two polls at once, back-off after failures, and the account of how it is doing. Faults of Atlas or the store are
 * recorded and never end it.
 */
export function createWatchLoop(deps: WatchLoopDeps, options: WatchLoopOptions): WatchLoop {
  const { clock } = deps;
  const { watch, gapMs } = options;
  const abort = new AbortController();
  const journal = createWatchJournal(deps, watch);
  const alerts = createWatchAlerts(deps, watch, options.projectUrl);
  const book = createTargetBook({ ...deps, writeDown: journal.writeDown }, watch);
  let inHand: Promise<WatchPollReport> | null = null;
  let retryTimer: NodeJS.Timeout | null = null;
  let blockedUntil = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  /** Only spares the store a question; what counts is kept there. */
  let hasToldFailing = false;

  const run = async (): Promise<WatchPollReport> => {
    const begunAt = clock.monotonic();
    const report = await cycle(deps, options, book, abort.signal);
    if (isStopped && abort.signal.aborted) return report;
    await journal.note(report, clock.monotonic() - begunAt);
    await lookAtAlerts(report.failure === null);
    if (report.failure && !report.isPartial) backOff(report.failure);
    else blockedUntil = Number.NEGATIVE_INFINITY;
    hasToldFailing &&= report.failure !== null;
    return report;
  };

  /** A store that fails now is asked again at the next look. */
  const lookAtAlerts = async (hasSucceeded: boolean): Promise<void> => {
    const failing = journal.failing();
    try {
      if (hasSucceeded) await alerts.onSuccess();
      else if (failing) await alerts.onFailure(failing.fault, failing.forMs);
    } catch (thrown) {
      deps.logger.error('An alert could not be recorded', { watch: watch.name, err: toError(thrown) });
    }
  };

  const backOff = (failure: Error): void => {
    const asked = failure instanceof SourceError ? (failure.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(pollBackoffMs(journal.failures(), gapMs(), deps.random()), asked);
    blockedUntil = clock.monotonic() + waitMs;
    if (retryTimer) clearTimeout(retryTimer);
    if (!isStopped) retryTimer = setTimeout(() => void pollNow(), waitMs);
  };

  const pollNow = (): Promise<WatchPollReport> => {
    inHand ??= run().finally(() => {
      inHand = null;
    });
    return inHand;
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
      const failing = journal.failing();
      if (isStopped || hasToldFailing || !failing || failing.forMs < watch.failingAfterMs) return;
      hasToldFailing = true;
      void lookAtAlerts(false);
    },
    pollNow,
    status: () => ({
      ...journal.status(),
      dueWithinMs: Math.max(2 * gapMs(), gapMs() + DUE_SLACK_MS),
      nextPollAt: clock.now() + Math.max(0, Math.min(blockedUntil - clock.monotonic(), gapMs())),
    }),
    stop: async (graceMs) => {
      isStopped = true;
      if (retryTimer) clearTimeout(retryTimer);
      if (!inHand) return;
      const timer = setTimeout(() => abort.abort(new Error('shutting down')), graceMs);
      await inHand.catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** A fault that nobody expected is a failed poll like any other: the loop goes on. */
async function cycle(
  deps: WatchLoopDeps,
  { watch, projectUrl, gapMs }: WatchLoopOptions,
  book: TargetBook,
  signal: AbortSignal,
): Promise<WatchPollReport> {
  const lateAfterMs = Math.max(LATE_AFTER_MS, 2 * gapMs());
  try {
    return await pollWatch(deps, { watch, book, projectUrl, lateAfterMs, signal });
  } catch (thrown) {
    return emptyReport(toError(thrown));
  }
}
