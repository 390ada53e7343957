import { fitsId, type IdForm } from '../domain/id-form.ts';
import type { RestoreJob } from '../domain/job/restore-job.ts';
import { targetOf, type Watch } from '../domain/job/watch.ts';
import type { JobSource } from '../source/source.ts';

/**
 * Looks through all jobs that Atlas lists for the watch for those whose ids fit each form.
 * @throws {SourceError} when Atlas cannot be read.
 */
export async function listedJobsLike(
  forms: readonly IdForm[],
  { source, watch, signal }: { source: JobSource; watch: Watch; signal: AbortSignal },
): Promise<Map<IdForm, RestoreJob[]>> {
  const found = new Map<IdForm, RestoreJob[]>(forms.map((form) => [form, []]));
  for await (const page of source.listJobs(targetOf(watch), { signal, isUrgent: true })) {
    for (const reading of page.readings()) {
      if (reading.kind !== 'job') continue;
      for (const [form, jobs] of found) if (fitsId(form, reading.job.id)) jobs.push(reading.job);
    }
  }
  return found;
}
