import { JOB_HOME } from '../../../domain/job/job-home.ts';
import type { LogFields, Logger } from '../../../logging/logger.ts';
import type { WatchPollReport } from '../poll-watch.ts';

/** Logs what is odd about single jobs: once, and again when it comes back after it had gone. */
export class OddityLog {
  readonly #logger: Logger;
  readonly #watch: string;
  readonly #instanceName: string;
  /** What was odd as of the last poll that read everything. */
  #told = new Set<string>();

  constructor(logger: Logger, { name, instanceName }: { name: string; instanceName: string }) {
    this.#logger = logger;
    this.#watch = name;
    this.#instanceName = instanceName;
  }

  /** Logs what is odd in this poll and was not told before. */
  tell({ anomalies, unknownJobIds, failure }: WatchPollReport): void {
    const seen = new Set<string>();
    const tellOnce = (key: string, message: string, fields: LogFields): void => {
      seen.add(key);
      if (!this.#told.has(key)) this.#logger.warn(message, { watch: this.#watch, ...fields });
    };
    for (const { jobId, problem } of anomalies) {
      tellOnce(`${jobId} ${problem}`, `A restore job is odd: ${problem}`, { jobId });
    }
    for (const jobId of unknownJobIds) {
      tellOnce(`unknown ${jobId}`, `Atlas knows no restore job ${jobId} on ${this.#instanceName}`, {
        jobId,
        hint: `Check the id in restoreJobIds. ${JOB_HOME}`,
      });
    }
    if (failure === null) this.#told = seen;
  }
}
