import type { Observation } from '../../domain/job/observation.ts';

/** A job in a list, with the mark that ties the jobs of one batch together; empty for a job that stands alone. */
export interface Tied {
  observation: Observation;
  mark: '' | '┌ ' | '├ ' | '└ ';
}

/**
 * Puts the jobs of a batch (a sharded legacy restore has one for each shard and one for the config servers) where the first of them
 * stands, and marks them as one group.
 */
export function tieBatches(observations: readonly Observation[]): Tied[] {
  const groups = Map.groupBy(observations, ({ watch, jobId, job }) =>
    JSON.stringify([watch, job?.batchId ? ['batch', job.batchId] : ['job', jobId]]),
  );
  return [...groups.values()].flatMap((group) =>
    group.map((observation, index): Tied => ({ observation, mark: markOf(index, group.length) })),
  );
}

function markOf(index: number, size: number): Tied['mark'] {
  if (size === 1) return '';
  if (index === 0) return '┌ ';
  return index === size - 1 ? '└ ' : '├ ';
}
