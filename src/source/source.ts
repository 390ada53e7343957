import type { RestoreJob } from '../domain/restore-job.ts';
import type { Target } from '../domain/watch.ts';

/**
 * One job of a reply. `unreadable`: its state is unknown to us or a field has the wrong type; the other jobs of the reply stand.
 * `jobId` is `null` when not even the id can be read. `problem` is for people and holds no link.
 */
export type JobReading =
  | { kind: 'job'; job: RestoreJob }
  | { kind: 'unreadable'; jobId: string | null; problem: string };

/** What asking for one job by id comes to. `not_found`: Atlas answers that there is no such job (the project and the instance exist). */
export type JobAnswer = JobReading | { kind: 'not_found'; atlasCode: string | null };

/** Where restore jobs are read from: one connection, any kind. The port of `source/`. */
export interface JobSource {
  /**
   * Lists the jobs of a target, page by page, in the order in which Atlas gives them. A job may come twice when the list grows
   * while it is paged. Ends normally only after the last page: a listing that throws half way says nothing about any job.
   * @throws {SourceError}
   */
  listJobs(target: Target, signal: AbortSignal): AsyncIterable<JobReading[]>;

  /**
   * Asks for one job by id.
   * @throws {SourceError} for everything but a plain "there is no such job", which is an answer.
   */
  readJob(target: Target, jobId: string, signal: AbortSignal): Promise<JobAnswer>;

  /** Closes idle connections. */
  close(): Promise<void>;
}
