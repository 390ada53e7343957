import type { Timestamp } from './instant.ts';
import type { RestoreJob } from './restore-job.ts';

/** When a running job should end, and what that is drawn from. */
export type ExpectedEnd = { at: Timestamp } & (
  | { basis: 'progress' /** From 0 to 1. */; doneShare: number }
  /** `isOverdue`: it runs longer than usual, so that `at` has passed. `samples`: how many restores tell what is usual. */
  | { basis: 'history'; isOverdue: boolean; usualMs: number; samples: number }
);

/** How long one restore took; see `Store.finishedDurations`. */
export interface FinishedDuration {
  deliveryType: string;
  durationMs: number;
}

/**
 * When a running job should end: from its own progress where Atlas tells it, at the pace so far; else after the median of `durationsMs`,
 * which finished restores of the same instance and delivery type took. `null`: it is not running, or nothing tells.
 */
export function expectedEnd(
  job: Pick<RestoreJob, 'state' | 'createdAt' | 'progress'>,
  now: Timestamp,
  durationsMs: readonly number[],
): ExpectedEnd | null {
  if (job.state !== 'in_progress') return null;
  return fromProgress(job, now) ?? fromHistory(job, now, durationsMs);
}

/** The durations of one delivery type: downloads and restores take their time apart. */
export function durationsOf(history: readonly FinishedDuration[], deliveryType: string): number[] {
  return history.filter((each) => each.deliveryType === deliveryType).map(({ durationMs }) => durationMs);
}

/** The clock of this machine may lag behind Atlas's, and the total may shrink: what cannot be is no basis. */
function fromProgress(
  { createdAt, progress }: Pick<RestoreJob, 'createdAt' | 'progress'>,
  now: Timestamp,
): ExpectedEnd | null {
  const elapsedMs = now - createdAt;
  if (progress === null || progress.done <= 0 || progress.done > progress.total || elapsedMs <= 0)
    return null;
  const doneShare = progress.done / progress.total;
  return { at: Math.round(createdAt + elapsedMs / doneShare), basis: 'progress', doneShare };
}

function fromHistory(
  { createdAt }: Pick<RestoreJob, 'createdAt'>,
  now: Timestamp,
  durationsMs: readonly number[],
): ExpectedEnd | null {
  const usualMs = median(durationsMs);
  if (usualMs === null) return null;
  const at = createdAt + usualMs;
  return { at, basis: 'history', isOverdue: now > at, usualMs, samples: durationsMs.length };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}
