import type { Clock } from '../../clock.ts';
import type { AuditDraft } from '../../domain/audit.ts';
import { type Timestamp, toIso } from '../../domain/instant.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { SourceError, StoreError, WatcherError } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { AuditRecorder } from '../../store/ports/audit.ts';
import { announce } from '../record/announce.ts';
import type { WatchStatus } from '../status.ts';
import { createFailingMemory } from './failing-memory.ts';
import type { WatchPollReport } from './poll-watch.ts';

export interface WatchJournalDeps {
  clock: Clock;
  logger: Logger;
  signals: Signals;
  store: AlertStore & AuditRecorder;
}

/** What keeps a watch from being polled, and for how long it has. */
export interface Failing {
  fault: NonNullable<WatchStatus['fault']>;
  forMs: number;
}

/** Keeps the account of one watch and tells it: status, log, signals, audit. A fault is told once, then when it changes or ends. */
export function createWatchJournal(
  deps: WatchJournalDeps,
  { name: watch, connection, kind, groupId, instanceName }: Watch,
) {
  const { clock, logger, signals, store } = deps;
  const memory = createFailingMemory(store, watch);
  const createdAt = clock.monotonic();
  let lastAttemptAt: Timestamp | null = null;
  let lastSuccessAt: Timestamp | null = null;
  let lastSuccessMono: number | null = null;
  let failures = 0;
  let running = false;
  let unknownJobIds: readonly string[] = [];
  let fault: WatchStatus['fault'] = null;
  let failingSinceMono: number | null = null;
  let isFailureKept = false;
  let toldAnomalies = new Set<string>();

  const noteFailure = async (error: Error, failingForMs: number): Promise<void> => {
    const reason =
      error instanceof SourceError ? error.reason : error instanceof StoreError ? 'store' : 'internal';
    const hint = error instanceof WatcherError ? (error.hint ?? null) : null;
    failures += 1;
    failingSinceMono ??= clock.monotonic() - failingForMs;
    const isNews = fault === null || fault.reason !== reason || fault.message !== error.message;
    fault = { reason, message: error.message, hint, since: fault?.since ?? clock.now() - failingForMs };
    if (!isNews && isFailureKept) return;
    if (isNews) {
      logger.warn(`Watch ${watch} cannot be polled: ${error.message}`, {
        watch,
        reason,
        ...(hint ? { hint } : {}),
        ...(reason === 'internal' ? { err: error } : {}),
      });
    }
    const data = { watch, reason, message: error.message, hint };
    await keepFailure(isNews ? [{ at: clock.now(), kind: 'poll.failed', data }] : []);
  };

  /** An earlier process may have seen the beginning. */
  const keepFailure = async (audit: AuditDraft[]): Promise<void> => {
    if (fault === null || failingSinceMono === null) return;
    const { since: seenSince } = fault;
    isFailureKept = await logged(async () => {
      const since = await memory.begin(seenSince, audit);
      if (fault === null || failingSinceMono === null) return;
      fault = { ...fault, since };
      failingSinceMono -= seenSince - since;
    }, audit);
  };

  const noteSuccess = async (): Promise<void> => {
    const recovery: AuditDraft[] = [];
    lastSuccessAt = clock.now();
    lastSuccessMono = clock.monotonic();
    if (fault) {
      const { since, reason } = fault;
      logger.info(`Watch ${watch} is polled again`, { watch, after: reason, failures });
      const data = { watch, reason, failures, since: toIso(since) };
      recovery.push({ at: lastSuccessAt, kind: 'poll.recovered', data });
    }
    const at = lastSuccessAt;
    await logged(() => memory.end(at, recovery), recovery);
    isFailureKept = false;
    fault = null;
    failingSinceMono = null;
    failures = 0;
  };

  const writeDown = async (kind: AuditDraft['kind'], data: AuditDraft['data']): Promise<void> => {
    const audit = [{ at: clock.now(), kind, data }];
    await logged(() => store.recordAudit(audit), audit);
  };

  /** Whether it could be written. Of what nobody could read anyway, nothing is said. */
  const logged = async (write: () => Promise<void>, audit: readonly AuditDraft[]): Promise<boolean> => {
    try {
      await write();
      if (audit.length > 0) signals.emit('audit:written', {});
      return true;
    } catch (error) {
      if (audit.length > 0) logger.error('The audit log could not be written', { watch, err: error });
      return false;
    }
  };

  const tellOddities = (report: WatchPollReport): void => {
    const told = new Set<string>();
    const once = (key: string, message: string, fields: Record<string, unknown>): void => {
      told.add(key);
      if (!toldAnomalies.has(key)) logger.warn(message, { watch, ...fields });
    };
    for (const { jobId, problem } of report.anomalies) {
      once(`${jobId} ${problem}`, `A restore job is odd: ${problem}`, { jobId });
    }
    for (const jobId of report.unknownJobIds) {
      once(`unknown ${jobId}`, `Atlas knows no restore job ${jobId} on ${instanceName}`, {
        jobId,
        hint: 'Check the id in restoreJobIds; a job belongs to the instance its snapshot was taken from, not to the target.',
      });
    }
    if (report.failure === null) toldAnomalies = told;
  };

  const tellResults = (report: WatchPollReport): void => {
    if (report.hasWritten) signals.emit('audit:written', {});
    for (const { event, suppressed } of report.events) {
      logger.info(event.summary, {
        watch,
        event: event.name,
        eventId: event.id,
        ...(suppressed ? { suppressed } : {}),
        ...(event.subject.kind === 'job' && event.subject.late ? { late: true } : {}),
      });
    }
    announce(signals, report.events);
  };

  return {
    writeDown,
    failures: () => failures,
    /** The fault that lasts, and for how long it has; `null` while there is none. */
    failing: (): Failing | null =>
      fault === null || failingSinceMono === null
        ? null
        : { fault, forMs: clock.monotonic() - failingSinceMono },
    hasRunningJobs: () => running,
    hasSucceeded: () => lastSuccessAt !== null,
    /** @param failingForMs for how long it had failed when it ended. */
    note: async (
      report: WatchPollReport,
      { durationMs, failingForMs }: { durationMs: number; failingForMs: number },
    ): Promise<void> => {
      lastAttemptAt = clock.now();
      tellResults(report);
      tellOddities(report);
      unknownJobIds = report.unknownJobIds;
      if (report.failure === null) {
        running = report.hasRunningJobs;
        await noteSuccess();
      } else {
        running ||= report.hasRunningJobs;
        await noteFailure(report.failure, failingForMs);
      }
      signals.emit('poll:finished', {
        watch,
        outcome: report.failure === null ? 'ok' : 'failed',
        durationMs,
        jobs: report.jobs,
        changes: report.changes,
        running,
        error: report.failure,
      });
    },
    status: (): Omit<WatchStatus, 'dueWithinMs' | 'nextPollAt' | 'hasMissedPolls'> => ({
      watch,
      connection,
      kind,
      groupId,
      instanceName,
      lastAttemptAt,
      lastSuccessAt,
      sinceSuccessMs: clock.monotonic() - (lastSuccessMono ?? createdAt),
      consecutiveFailures: failures,
      fault,
      unknownJobIds,
      hasRunningJobs: running,
    }),
  };
}
