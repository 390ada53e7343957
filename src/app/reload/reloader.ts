import type { Clock } from '../../clock.ts';
import { changesBetween, type ReloadOutcome, refuseWhatNeedsRestart } from '../../config/changes.ts';
import type { WatcherConfig } from '../../config/config.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { ConfigError, type ConfigIssue, issueText, StoreError, toError, WatcherError } from '../../errors.ts';
import type { ConfigFault } from '../../health/health.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { Runner } from '../../watcher/runner.ts';
import type { StagedConfig } from '../assembly.ts';

/** See `Reloader.reload`. */
type Rereads = 'file' | 'secrets';

const STOPPING: ConfigIssue = { path: '', message: 'the watcher is stopping; the next start reads the file' };

/** Reads the configuration again while the watcher runs, and goes by it. */
export interface Reloader {
  /**
   * Reads the configuration again and goes by it from the next tick on; one with faults changes nothing. Never rejects. One after the
   * other, when called several times.
   * @param reason for the log and the audit: what asked for it.
   * @param rereads `file`: all of it; `secrets`: only the files that the configuration in force refers to.
   */
  reload(reason: string, rereads?: Rereads): Promise<ReloadOutcome>;
  /** The configuration in force. */
  config(): WatcherConfig;
  /** `null` while the configuration that was read last is in force. */
  fault(): ConfigFault | null;
  /** Since when the configuration in force is, and what became of the last reload; `null`: there was none in this process. */
  history(): { loadedAt: Timestamp; lastReload: LastReload | null };
  /** Refuses what comes from now on. Waits for the reloads in hand, and for the parts that they have put out of use to be closed. */
  stop(): Promise<void>;
}

/** What became of a reload, and what asked for it. */
export interface LastReload {
  at: Timestamp;
  outcome: 'applied' | 'rejected';
  reason: string;
  /** A line each. */
  issues: string[];
}

/** What a reload works with. */
export interface ReloaderDeps {
  /** In force at the start. */
  config: WatcherConfig;
  /** @throws {ConfigError} */
  readConfig: (file: string, text?: string) => Promise<WatcherConfig>;
  stage: (config: WatcherConfig) => Promise<StagedConfig>;
  runner: Pick<Runner, 'apply' | 'recordRejected'>;
  signals: Signals;
  clock: Clock;
  logger: Logger;
  /** Is told of a configuration in the instant in which it comes into force. */
  onApplied: (config: WatcherConfig) => void;
}

/** Reloads wait for one another: a configuration is compared with the one in force when its turn comes. */
export function createReloader(deps: ReloaderDeps): Reloader {
  const { clock, logger, signals, runner } = deps;
  let config = deps.config;
  /** `of`: what could not be used. A secret that is read again mends no file that has faults. */
  let fault: (ConfigFault & { of: Rereads }) | null = null;
  let loadedAt = clock.now();
  let lastReload: LastReload | null = null;
  let isStopped = false;
  let turn: Promise<unknown> = Promise.resolve();
  const draining = createDrain(logger);

  const applyConfig = async (
    next: WatcherConfig,
    reason: string,
    rereads: Rereads,
  ): Promise<ReloadOutcome> => {
    const { runnerConfig, apply: applyParts, discard } = await deps.stage(next);
    const outcome: ReloadOutcome = { kind: 'applied', ...changesBetween(config, next) };
    try {
      const { drained } = await runner.apply(
        { ...runnerConfig, configEntry: { ...runnerConfig.configEntry, reason } },
        () => {
          // First: it may refuse, and then what was in force is.
          const closeOld = applyParts();
          config = next;
          loadedAt = clock.now();
          if (rereads === 'file' || fault?.of === 'secrets') fault = null;
          deps.onApplied(next);
          return closeOld;
        },
      );
      draining.add(drained);
    } catch (error) {
      draining.add(discard());
      throw error;
    }
    for (const warning of next.warnings) logger.warn(`Configuration: ${issueText(warning)}`);
    logger.info(`The configuration was read again (${reason}) and is in force`, { ...outcome });
    return next.warnings.length > 0 ? { ...outcome, warnings: next.warnings } : outcome;
  };

  const reject = async (thrown: unknown, reason: string, rereads: Rereads): Promise<ReloadOutcome> => {
    const issues = issuesOf(thrown);
    if (rereads === 'file' || fault?.of !== 'file') {
      fault = { since: fault?.since ?? clock.now(), issues, of: rereads };
    }
    logger.error(
      `The configuration was read again (${reason}) and cannot be used; the one before stays in force`,
      { file: config.file, issues, ...(thrown instanceof WatcherError ? {} : { err: toError(thrown) }) },
    );
    try {
      await runner.recordRejected({ file: config.file, reason, issues });
    } catch (error) {
      logger.error('The rejection could not be written to the audit log', { err: toError(error) });
    }
    return { kind: 'rejected', issues, ...(thrown instanceof StoreError ? { isPassing: true } : {}) };
  };

  const reloadNow = async (reason: string, rereads: Rereads): Promise<ReloadOutcome> => {
    if (isStopped) return { kind: 'rejected', issues: [STOPPING] };
    let outcome: ReloadOutcome;
    try {
      const next = await deps.readConfig(config.file, rereads === 'secrets' ? config.text : undefined);
      refuseWhatNeedsRestart(config, next);
      outcome = await applyConfig(next, reason, rereads);
    } catch (thrown) {
      outcome = await reject(thrown, reason, rereads);
    }
    lastReload = {
      at: clock.now(),
      outcome: outcome.kind,
      reason,
      issues: outcome.kind === 'rejected' ? outcome.issues.map(issueText) : [],
    };
    signals.emit('config:reloaded', { outcome: outcome.kind === 'applied' ? 'ok' : 'failed' });
    return outcome;
  };

  return {
    reload: (reason, rereads = 'file') => {
      const reloading = turn.then(() => reloadNow(reason, rereads));
      turn = reloading;
      return reloading;
    },
    config: () => config,
    fault: () => fault && { since: fault.since, issues: fault.issues },
    history: () => ({ loadedAt, lastReload }),
    stop: async () => {
      isStopped = true;
      await turn;
      await draining.ended();
    },
  };
}

/** What is being closed. A part that does not close well costs some memory, and nothing else. */
function createDrain(logger: Logger): { add(closing: Promise<void>): void; ended(): Promise<unknown> } {
  const draining = new Set<Promise<void>>();
  return {
    add: (closing) => {
      const done = closing
        .catch((error: unknown) => logger.error('A part did not close well', { err: toError(error) }))
        .finally(() => draining.delete(done));
      draining.add(done);
    },
    ended: () => Promise.all(draining),
  };
}

function issuesOf(thrown: unknown): readonly ConfigIssue[] {
  if (thrown instanceof ConfigError) return thrown.issues;
  return [{ path: '', message: toError(thrown).message }];
}
