import pLimit from 'p-limit';
import { HISTORY_LIMIT } from '../../domain/job/eta.ts';
import { type StallLimit, stallLimitFrom, stallLimitsFrom } from '../../domain/job/time-events.ts';
import { type Target, targetKey, type Watch } from '../../domain/job/watch.ts';
import { type PollDeps, type PollReport, pollTarget } from '../poll/poll.ts';
import type { PollProgress } from '../poll/progress.ts';
import { hasGone, hasNoBackups, type TargetBook, type TrackedTarget } from './targets.ts';

/** What a poll of a watch goes by. */
export interface WatchPollInput {
  watch: Watch;
  book: TargetBook;
  lateAfterMs: number;
  signal: AbortSignal;
  progress?: PollProgress | undefined;
}

/** What one poll of all targets of a watch came to. */
export interface WatchPollReport extends PollReport {
  targets: number;
  /** Some targets or jobs could be read, others not. */
  isPartial: boolean;
}

/** Targets polled at once; the request budget is the real limit. */
const TARGETS_AT_ONCE = 8;

/**
 * Polls every target of a watch, those with running jobs first. What fails on one target does not touch the others.
 * @throws {StoreError} when the store fails.
 */
export async function pollWatch(deps: PollDeps, input: WatchPollInput): Promise<WatchPollReport> {
  const { book, signal, progress } = input;
  const { targets, fault } = await book.current(signal, progress);
  const inOrder = targets.toSorted((a, b) => Number(b.hasRunningJobs) - Number(a.hasRunningJobs));
  const limit = pLimit(TARGETS_AT_ONCE);
  const reports = await Promise.all(inOrder.map((tracked) => limit(() => pollTracked(deps, input, tracked))));
  const report = merge(reports, fault);
  signal.throwIfAborted();
  if (report.failure === null) await book.settle();
  return report;
}

async function pollTracked(
  deps: PollDeps,
  input: WatchPollInput,
  tracked: TrackedTarget,
): Promise<PollReport> {
  const { watch, book, lateAfterMs, signal, progress } = input;
  const { target, newSince, hasRunningJobs } = tracked;
  const startedAt = deps.clock.monotonic();
  const isWhole = tracked.lastWholeAt === null || startedAt - tracked.lastWholeAt >= watch.reconcileEveryMs;
  // A process that has just started goes by what earlier ones have recorded.
  if (watch.stalledAfter === 'auto') tracked.stallLimits ??= await stallLimitsOf(deps, target);
  const report = await pollTarget(deps, {
    watch,
    target,
    lateAfterMs,
    signal,
    progress,
    isUrgent: hasRunningJobs,
    depth: isWhole ? 'whole' : 'newest',
    newSince,
    pages: tracked.pages,
    timePolicyFor: (deliveryType, { isFirstLook }) => ({
      stalled:
        isFirstLook && watch.stalledAfter === 'auto' ? null : stallLimitOf(watch, tracked, deliveryType),
      expiringWithinMs: watch.expiringWithinMs,
    }),
  });
  if (report.failure === null) {
    tracked.hasRunningJobs = report.hasRunningJobs;
    if (isWhole) {
      tracked.lastWholeAt = startedAt;
      if (watch.stalledAfter === 'auto') tracked.stallLimits = await stallLimitsOf(deps, target);
    }
    return report;
  }
  if (hasNoBackups(watch, report.failure)) return { ...report, failure: null };
  if (hasGone(watch, report.failure)) {
    // It was deleted since the last discovery: no alarm, the next discovery takes it off the list.
    book.expire();
    return { ...report, failure: null };
  }
  return report;
}

function stallLimitOf(
  { stalledAfter }: Watch,
  { stallLimits }: TrackedTarget,
  deliveryType: string,
): StallLimit | null {
  if (stalledAfter === null) return null;
  if (stalledAfter === 'auto') return stallLimits?.get(deliveryType) ?? stallLimitFrom([]);
  return { afterMs: stalledAfter, note: null };
}

async function stallLimitsOf({ store }: PollDeps, target: Target): Promise<Map<string, StallLimit>> {
  return stallLimitsFrom(await store.finishedDurations(targetKey(target), HISTORY_LIMIT));
}

function merge(reports: readonly PollReport[], fault: Error | null): WatchPollReport {
  const failed = reports.filter(({ failure }) => failure !== null);
  return {
    targets: reports.length,
    jobs: reports.reduce((sum, { jobs }) => sum + jobs, 0),
    changes: reports.reduce((sum, { changes }) => sum + changes, 0),
    hasRunningJobs: reports.some(({ hasRunningJobs }) => hasRunningJobs),
    unknownJobIds: reports.flatMap(({ unknownJobIds }) => unknownJobIds),
    anomalies: reports.flatMap(({ anomalies }) => anomalies),
    failure: failed[0]?.failure ?? fault,
    isPartial: failed.length < reports.length || failed.some(({ jobs }) => jobs > 0),
  };
}

/** A report of a poll that came to nothing. */
export function emptyReport(failure: Error): WatchPollReport {
  return merge([], failure);
}
