import { formatSpan, type Timestamp } from '../instant.ts';
import { durationsByType, type FinishedDuration } from './eta.ts';
import type { Observation, TimeEventName } from './observation.ts';

/** From when on a running job counts as stalled, and what that is measured by, for people. */
export interface StallLimit {
  afterMs: number;
  note: string | null;
}

/** When time alone makes an event of a job. */
export interface TimePolicy {
  /** `null`: never. */
  stalled: StallLimit | null;
  /** A ready link is told of this long before it runs out; `null`: never. */
  expiringWithinMs: number | null;
}

/** An event that only time tells. */
export interface TimeEvent {
  name: TimeEventName;
  note: string | null;
}

/**
 * What time tells of a job that has just been read, and was not told before. Asked only when the job was read: while a watch is
 * blind, these wait.
 */
export function dueTimeEvents(observation: Observation, policy: TimePolicy, now: Timestamp): TimeEvent[] {
  const { job, state, raised } = observation;
  if (job === null) return [];
  const { stalled, expiringWithinMs } = policy;
  const due: TimeEvent[] = [];
  if (
    state === 'in_progress' &&
    stalled !== null &&
    raised.stalled === undefined &&
    now - job.createdAt >= stalled.afterMs
  ) {
    due.push({ name: 'stalled', note: stalled.note });
  }
  if (
    state === 'ready' &&
    expiringWithinMs !== null &&
    raised.expiring === undefined &&
    job.expiresAt !== null &&
    job.expiresAt > now &&
    job.expiresAt - now <= expiringWithinMs
  ) {
    due.push({ name: 'expiring', note: null });
  }
  return due;
}

/** Fewer than this many durations are no history. */
const ENOUGH = 5;

/** Without a history, `"auto"` takes this. */
const FALLBACK_MS = 2 * 3_600_000;

/** The limits that follow from the history of an instance, by delivery type: downloads and restores take their time apart. */
export function stallLimitsFrom(history: readonly FinishedDuration[]): Map<string, StallLimit> {
  return new Map(
    [...durationsByType(history)].map(([deliveryType, durationsMs]) => [
      deliveryType,
      stallLimitFrom(durationsMs),
    ]),
  );
}

/**
 * What `stalledAfter: "auto"` comes to, from how long the finished jobs of this instance and delivery type took: well beyond them.
 * A quarter more than 19 of 20 took, and three times the usual at least; ten times the usual is always too long, unless one in
 * twenty takes that long anyway.
 */
export function stallLimitFrom(durationsMs: readonly number[]): StallLimit {
  if (durationsMs.length < ENOUGH) {
    return {
      afterMs: FALLBACK_MS,
      note: `Too few restores have finished here to tell what is usual (${durationsMs.length}); the limit is ${formatSpan(FALLBACK_MS)}.`,
    };
  }
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const beyond = Math.max(1.25 * quantile(sorted, 0.95), 3 * median, 60_000);
  const afterMs = Math.max(Math.min(beyond, 9 * median), 1.05 * quantile(sorted, 0.95));
  return { afterMs, note: `9 of 10 like it took under ${formatSpan(quantile(sorted, 0.9) + 1_000)}.` };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
