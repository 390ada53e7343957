import type { RecordReader } from '../../store/ports/records.ts';
import type { WatchReport } from './report.ts';

/** How many jobs of a watch there are. */
type JobCounts = Pick<WatchReport, 'jobs'> & { running: number };

/** Sorts the counts of jobs by their watches. */
export function jobsByWatch(counts: Awaited<ReturnType<RecordReader['countJobs']>>): Map<string, JobCounts> {
  const watches = new Map<string, JobCounts>();
  for (const { watch, state, count } of counts) {
    const { running, jobs } = watches.get(watch) ?? { running: 0, jobs: {} };
    watches.set(watch, {
      running: running + (state === 'in_progress' ? count : 0),
      jobs: { ...jobs, [state]: count },
    });
  }
  return watches;
}
