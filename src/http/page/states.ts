import type { Observation } from '../../domain/job/observation.ts';
import type { Bar } from '../../views/page/timeline.ts';

/** A state as people say it. */
export const STATE_WORDS: Readonly<Record<Bar['state'], string>> = {
  in_progress: 'running',
  ready: 'ready',
  finished: 'finished',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
  unknown: 'unknown',
  missing: 'gone from Atlas',
};

/** The state of a job; `missing` where it has gone from Atlas before it ended. */
export function jobState({ state, missingSince }: Pick<Observation, 'state' | 'missingSince'>): Bar['state'] {
  return missingSince !== null && state === 'in_progress' ? 'missing' : state;
}
