import type { Observation } from '../domain/job/observation.ts';
import { isUnfinished, type JobState } from '../domain/job/restore-job.ts';

/** The state of a job as people are shown it; `missing`: it was not over, and has gone from Atlas. */
export type ShownState = JobState | 'missing';

/** Says in which state a job is shown. Atlas forgets those that have ended: these stay what they were. */
export function shownState({ state, missingSince }: Pick<Observation, 'state' | 'missingSince'>): ShownState {
  return missingSince !== null && isUnfinished(state) ? 'missing' : state;
}
