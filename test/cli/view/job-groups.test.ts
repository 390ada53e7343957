import { describe, expect, it } from 'vitest';
import { tieBatches } from '../../../src/cli/view/job-groups.ts';
import { aJob, anObservation, jobId } from '../../support/builders.ts';

function job(number: number, batchId: string | null = null) {
  return anObservation(aJob([], { id: jobId(number), kind: 'legacy', batchId }));
}

describe('a list of jobs', () => {
  it('shows the shards of one restore as one group, where the first of them stands', () => {
    const list = [job(9), job(1, 'a'), job(2, 'b'), job(3, 'a'), job(4, 'a'), job(5)];
    expect(tieBatches(list).map(({ observation, mark }) => `${mark}${observation.jobId}`)).toEqual([
      jobId(9),
      `┌ ${jobId(1)}`,
      `├ ${jobId(3)}`,
      `└ ${jobId(4)}`,
      jobId(2),
      jobId(5),
    ]);
  });
});
