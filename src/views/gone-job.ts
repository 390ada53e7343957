import { parseJobId } from '../domain/id-form.ts';
import { toIso } from '../domain/instant.ts';
import { shortId } from '../domain/job/restore-job.ts';
import { WatcherError } from '../errors.ts';
import type { RecordReader } from '../store/ports/records.ts';

/** A job that was on record and is not any more: it was pruned. What it says is for people. */
export class GoneJob extends WatcherError {
  /** @param message in words what is known of it still. */
  constructor(message: string, hint: string) {
    super('job_pruned', message, { hint });
  }
}

/** Of more that fit, nothing tells which one is meant. */
const MOST = 2;

/**
 * Says what became of a job that is not on record, where that is known; `null`: none like it was ever pruned, or several fit.
 * @param given its id in any form.
 * @throws {StoreError}
 */
export async function goneJob(
  store: Pick<RecordReader, 'findPruned'>,
  given: string,
): Promise<GoneJob | null> {
  const form = parseJobId(given);
  const seen = form === null ? [] : await store.findPruned(form, MOST);
  const [first, ...others] = seen.toSorted((a, b) => b.changedAt - a.changedAt);
  if (first === undefined || others.some(({ jobId }) => jobId !== first.jobId)) return null;
  const { jobId, state, changedAt } = first;
  const watches = seen.map(({ watch }) => watch).toSorted();
  return new GoneJob(
    `restore ${shortId(jobId)} of watch ${watches.join(', ')} was pruned, as older than store.keep: it was last seen to change at ${toIso(changedAt).slice(0, 19)}Z, and was ${state} then`,
    `The audit log may hold more of it: "restore-watcher audit prove ${jobId} --out DIR".`,
  );
}
