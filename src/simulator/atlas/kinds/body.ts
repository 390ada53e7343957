import { type Timestamp, toIso } from '../../../domain/instant.ts';
import type { SimulatedJob } from '../jobs/simulated-job.ts';

/** A body as Atlas sends it: fields without a value (`null`) are left out. The job's oddities have the last word. */
export function bodyOf(
  fields: Record<string, unknown>,
  { oddities }: Pick<SimulatedJob, 'oddities'>,
): Record<string, unknown> {
  return { ...withoutNulls(fields), ...oddities };
}

/** The fields that have a value. */
export function withoutNulls(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Atlas gives dates in UTC, to the second. */
export function toSeconds(at: Timestamp | null): string | null {
  return at === null ? null : `${toIso(at).slice(0, 19)}Z`;
}
