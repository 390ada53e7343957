import type { Timestamp } from '../instant.ts';
import type { Noticed } from './observation.ts';
import type { Milestone, ReachedMilestone, RestoreJob } from './restore-job.ts';

const STARTED: Milestone = 'started';

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

/**
 * The milestone by which a job has come to something, and until which its time counts: the first one behind its start. Of a download that is
 * its link, whatever becomes of that later. `undefined`: it runs still.
 * @param reached in the order of life.
 */
export function firstOutcome<Reached extends { milestone?: unknown }>(
  reached: readonly Reached[],
): Reached | undefined {
  return reached.find(({ milestone }) => milestone !== STARTED);
}

/** How long a job took, in milliseconds. */
export interface Took {
  ms: number;
  /** Its end was only seen between two looks: it took no longer. */
  isAtMost: boolean;
}

/** From its creation to its first outcome; `null`: it has none yet, or nobody knows when. */
export function tookOf(job: Pick<RestoreJob, 'reached' | 'createdAt'>, noticed: Noticed = {}): Took | null {
  const outcome = firstOutcome(job.reached);
  if (outcome === undefined) return null;
  const at = outcome.at ?? noticed[outcome.milestone];
  if (at === undefined) return null;
  return { ms: at - job.createdAt, isAtMost: outcome.at === null };
}
