import type { Clock } from '../../clock.ts';
import type { AuditDraft } from '../../domain/audit.ts';
import { toIso } from '../../domain/instant.ts';
import type { Watch } from '../../domain/job/watch.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { WatchAccount, WatchFault } from './account.ts';
import { createFailingMemory, type FailingMemory, type FailingMemoryDeps } from './failing-memory.ts';
import { OddityLog } from './oddities.ts';
import type { WatchPollReport } from './poll-watch.ts';

/** What the journal of a watch works with. */
export interface WatchJournalDeps extends FailingMemoryDeps {
  clock: Clock;
  logger: Logger;
  signals: Signals;
}

/** Tells how the polls of one watch go: to its account, the log, the signals and the audit log. A fault is told once, then when it changes or ends. */
export class WatchJournal {
  readonly #deps: WatchJournalDeps;
  readonly #watch: string;
  readonly #account: WatchAccount;
  readonly #memory: FailingMemory;
  readonly #oddities: OddityLog;
  #isFailureKept = false;

  constructor(deps: WatchJournalDeps, watch: Watch, account: WatchAccount) {
    this.#deps = deps;
    this.#watch = watch.name;
    this.#account = account;
    this.#memory = createFailingMemory(deps, watch.name);
    this.#oddities = new OddityLog(deps.logger, watch);
  }

  /**
   * Notes a poll that has ended.
   * @param durationMs how long it took.
   * @param failingForMs for how long it had failed when it ended.
   */
  async note(
    report: WatchPollReport,
    { durationMs, failingForMs }: { durationMs: number; failingForMs: number },
  ): Promise<void> {
    const { failure, jobs, changes } = report;
    this.#account.noteAttempt(report);
    this.#oddities.tell(report);
    if (failure === null) await this.#noteSuccess();
    else await this.#noteFailure(failure, failingForMs);
    this.#deps.signals.emit('poll:finished', {
      watch: this.#watch,
      outcome: failure === null ? 'ok' : 'failed',
      durationMs,
      jobs,
      changes,
      running: this.#account.hasRunningJobs,
      error: failure,
    });
  }

  /** Writes to the audit log. A store that fails is logged, and stops nothing. */
  async writeDown(kind: AuditDraft['kind'], data: AuditDraft['data']): Promise<void> {
    const { clock, recorder } = this.#deps;
    const audit = [{ at: clock.now(), kind, data }];
    await this.#logged(() => recorder.recordAudit(...audit), audit);
  }

  async #noteFailure(error: Error, failingForMs: number): Promise<void> {
    const { fault, isNews } = this.#account.noteFailure(error, failingForMs);
    const { reason, message, hint } = fault;
    if (!isNews && this.#isFailureKept) return;
    if (isNews) {
      this.#deps.logger.warn(`Watch ${this.#watch} cannot be polled: ${message}`, {
        watch: this.#watch,
        reason,
        ...(hint ? { hint } : {}),
        ...(reason === 'internal' ? { err: error } : {}),
      });
    }
    const data = { watch: this.#watch, reason, message, hint };
    await this.#keepFailure(fault, isNews ? [{ at: this.#deps.clock.now(), kind: 'poll.failed', data }] : []);
  }

  /** An earlier process may have seen the beginning. */
  async #keepFailure({ since }: WatchFault, audit: AuditDraft[]): Promise<void> {
    this.#isFailureKept = await this.#logged(async () => {
      this.#account.backdateFailure(await this.#memory.begin(since, audit));
    }, audit);
  }

  async #noteSuccess(): Promise<void> {
    const { at, ended } = this.#account.noteSuccess();
    const recovery: AuditDraft[] = [];
    if (ended !== null) {
      const { failures } = ended;
      const { since, reason } = ended.fault;
      const watch = this.#watch;
      this.#deps.logger.info(`Watch ${watch} is polled again`, { watch, after: reason, failures });
      const data = { watch, reason, failures, since: toIso(since) };
      recovery.push({ at, kind: 'poll.recovered', data });
    }
    await this.#logged(() => this.#memory.end(at, recovery), recovery);
    this.#isFailureKept = false;
  }

  /** Whether it could be written. Of what nobody could read anyway, nothing is said. */
  async #logged(write: () => Promise<void>, audit: readonly AuditDraft[]): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (audit.length > 0) {
        this.#deps.logger.error('The audit log could not be written', { watch: this.#watch, err: error });
      }
      return false;
    }
  }
}
