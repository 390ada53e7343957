import type { JobReading, JobSource } from '../../../source/source.ts';

/** Lists jobs without those that another watch has. Pages count them all the same: they are there. */
export function sourceWithout(source: JobSource, ceded: ReadonlySet<string>): JobSource {
  const isOwn = (reading: JobReading): boolean => {
    const id = reading.kind === 'job' ? reading.job.id : reading.jobId;
    return id === null || !ceded.has(id.toLowerCase());
  };
  return {
    ...source,
    listJobs: async function* (target, options) {
      for await (const page of source.listJobs(target, options)) {
        yield { ...page, readings: () => page.readings().filter(isOwn) };
      }
    },
  };
}
