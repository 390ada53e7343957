import type { Timestamp } from '../instant.ts';
import type { RestoreJob } from './restore-job.ts';

/** When a running job should end, and what that is drawn from. */
export type ExpectedEnd = { at: Timestamp } & (
  | { basis: 'progress' /** From 0 to 1. */; doneShare: number }
  /** `isOverdue`: it runs longer than usual, so that `at` has passed. */
  | ({ basis: 'history'; isOverdue: boolean } & Usual)
);

/** How long one restore took; see `JobReader.finishedDurations`. */
export interface FinishedDuration {
  deliveryType: string;
  durationMs: number;
}

/** So many finished jobs of an instance tell what is usual there. */
export const HISTORY_LIMIT = 2_000;

/** The median, and of how many restores. */
export interface Usual {
  usualMs: number;
  samples: number;
}

/** What is usual for an instance, by delivery type: downloads and restores take their time apart. */
export type Usuals = ReadonlyMap<string, Usual>;

/** Finds the median duration for each delivery type. */
export function usualsFrom(history: readonly FinishedDuration[]): Usuals {
  const usuals = new Map<string, Usual>();
  for (const [deliveryType, durationsMs] of durationsByType(history)) {
    const usualMs = median(durationsMs);
    if (usualMs !== null) usuals.set(deliveryType, { usualMs, samples: durationsMs.length });
  }
  return usuals;
}

/** Groups durations, in milliseconds, by delivery type. */
export function durationsByType(history: readonly FinishedDuration[]): Map<string, number[]> {
  const durations = new Map<string, number[]>();
  for (const { deliveryType, durationMs } of history) {
    const same = durations.get(deliveryType);
    if (same) same.push(durationMs);
    else durations.set(deliveryType, [durationMs]);
  }
  return durations;
}

/**
 * When a running job should end: from its own progress where Atlas tells it, at the pace so far; else after what is usual for its
 * delivery type. `null`: it is not running, or nothing tells.
 */
export function expectedEnd(
  job: Pick<RestoreJob, 'state' | 'createdAt' | 'progress' | 'deliveryType'>,
  now: Timestamp,
  usuals: Usuals,
): ExpectedEnd | null {
  if (job.state !== 'in_progress') return null;
  return fromProgress(job, now) ?? fromHistory(job, now, usuals.get(job.deliveryType));
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
  usual: Usual | undefined,
): ExpectedEnd | null {
  if (usual === undefined) return null;
  const at = createdAt + usual.usualMs;
  return { at, basis: 'history', isOverdue: now > at, ...usual };
}

/** The middle one of these, or half-way between the two in the middle, rounded; `null`: there are none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}
