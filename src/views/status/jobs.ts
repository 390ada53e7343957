import type { RecordReader } from '../../store/ports/records.ts';
import type { WatchReport } from './report.ts';

/** Sorts the counts of jobs by their watches. */
export function jobsByWatch(
  counts: Awaited<ReturnType<RecordReader['countJobs']>>,
): Map<string, Pick<WatchReport, 'running' | 'jobs'>> {
  const watches = new Map<string, Pick<WatchReport, 'running' | 'jobs'>>();
  for (const { watch, state, count } of counts) {
    const { running, jobs } = watches.get(watch) ?? { running: 0, jobs: {} };
    watches.set(watch, {
      running: running + (state === 'in_progress' ? count : 0),
      jobs: { ...jobs, [state]: count },
    });
  }
  return watches;
}
