import type { AuditEntry } from '../../domain/audit.ts';
import { type Data, objectIn } from '../../domain/audit-fields.ts';

/** What the log says of a job stands right before what it says of its transitions; so many jobs are remembered at once. */
const MOST_JOBS = 1_000;

/** A transition in the audit log, with what was last known of its job. */
export interface ToldTransition {
  entry: AuditEntry;
  /** Empty where the log tells of none. */
  job: Data;
}

/** Remembers what the audit log told last of each job, as far as that may still be needed. Its memory does not grow with the log. */
export class ToldJobs {
  readonly #jobs = new Map<string, Data>();

  /** Reckons an entry in; a transition of a job comes back with the job, everything else as `null`. */
  read(entry: AuditEntry): ToldTransition | null {
    const { kind, data } = entry;
    const jobId = String(data.jobId);
    if (kind === 'observation.changed') {
      this.#jobs.delete(jobId);
      this.#jobs.set(jobId, objectIn(data.job));
      const oldest = this.#jobs.keys().next();
      if (this.#jobs.size > MOST_JOBS && !oldest.done) this.#jobs.delete(oldest.value);
      return null;
    }
    if (kind !== 'transition' || typeof data.jobId !== 'string') return null;
    return { entry, job: this.#jobs.get(jobId) ?? {} };
  }
}
