import type { Timestamp } from '../instant.ts';
import type { Noticed } from './observation.ts';
import type { ReachedMilestone, RestoreJob } from './restore-job.ts';

/** Adds to what was noticed before the milestones that are new and undated. `undefined`: there are none at all. */
export function noticedBy(
  before: Noticed | undefined,
  news: readonly ReachedMilestone[],
  now: Timestamp,
): Noticed | undefined {
  const undated = news.filter(({ at }) => at === null);
  if (undated.length === 0) return before;
  return { ...before, ...Object.fromEntries(undated.map(({ milestone }) => [milestone, now])) };
}

/** How long a job took, in milliseconds. */
export interface Took {
  ms: number;
  /** Its end was only seen between two looks: it took no longer. */
  isAtMost: boolean;
}

/** From its creation to its first outcome; `null`: it has none yet, or nobody knows when. */
export function tookOf(job: Pick<RestoreJob, 'reached' | 'createdAt'>, noticed: Noticed = {}): Took | null {
  const [, outcome] = job.reached;
  if (outcome === undefined) return null;
  const at = outcome.at ?? noticed[outcome.milestone];
  if (at === undefined) return null;
  return { ms: at - job.createdAt, isAtMost: outcome.at === null };
}
