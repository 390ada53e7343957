import type { Clock } from '../clock.ts';
import type { ReloadOutcome } from '../config/changes.ts';
import type { WatcherConfig } from '../config/config.ts';
import { redactTexts } from '../domain/redact-texts.ts';
import { issueText, toError } from '../errors.ts';
import { healthOf, withConfigFault, withHeartbeatFault } from '../health/health.ts';
import { keepHeartbeat } from '../health/heartbeat-keeper.ts';
import { startServer } from '../http/server.ts';
import type { AdjustableLogger } from '../logging/winston-logger.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import type { Signals } from '../signals.ts';
import { shownPlace } from '../store/ports/address.ts';
import { reportOfDaemon } from '../views/status/from-daemon.ts';
import { createRunner, type Runner } from '../watcher/runner.ts';
import type { Pace } from '../watcher/schedule/pace.ts';
import type { WatcherStatus } from '../watcher/status.ts';
import { assemble, createClosers, namesOf } from './assembly.ts';
import { proverOf } from './audit/proofs.ts';
import { startOnceStoreAnswers } from './await-store.ts';
import { configForServer, configInForce } from './config-in-force.ts';
import type { EarlySignals } from './early-signals.ts';
import { boundHeapAfterStart } from './heap-growth.ts';
import { armLastResort, type LastResort } from './last-resort.ts';
import { createReloader } from './reload/reloader.ts';
import { watchSecrets } from './reload/secret-watch.ts';
import { witnessFor } from './witness/served-witness.ts';

/** The polls and sends that held up the end of replaced parts have ended by then. What still is not closed goes with the process. */
const RELOADS_END_WITHIN_MS = 1_000;

/** The first requests to Atlas are out by then, and their answers are waited for. */
const ROUTES_AFTER_MS = 50;

/** A daemon that runs. */
export interface Daemon {
  readonly runner: Runner;
  readonly signals: Signals;
  /** The status server. */
  readonly url: string;
  /** Reads the configuration again and goes by it, if it has no faults. Never rejects. */
  reload(reason: string): Promise<ReloadOutcome>;
  /** Stops polling, finishes what is in hand, closes everything. May be called twice: the same promise. */
  stop(reason: string): Promise<void>;
}

/** What a daemon is started with. */
export interface DaemonDeps {
  config: WatcherConfig;
  /**
   * Reads the configuration again; with its text as it was, only what that refers to.
   * @throws {ConfigError}
   */
  readConfig: (file: string, text?: string) => Promise<WatcherConfig>;
  clock: Clock;
  logger: AdjustableLogger;
  /** Learns the secrets of every configuration that comes into force. */
  redactor: Redactor;
  version: string;
  pace?: Readonly<Pace>;
  /** See `healthOf`. */
  hangingAfterMs?: number;
  /** Holds the signals that came before `runDaemon` listens. */
  early?: EarlySignals | null;
}

/**
 * Starts the whole daemon: store, audit mirror, status server, watches, channels.
 * @throws {WatcherError} when a part cannot start; those that had are closed again.
 */
export async function startDaemon(deps: DaemonDeps): Promise<Daemon> {
  const { config, clock, logger, redactor, hangingAfterMs } = deps;
  redactor.add(config.secrets);
  const assembly = await assemble(deps);
  const closers = createClosers(logger);
  closers.add(assembly.close);
  try {
    const { runnerDeps, metrics, stage } = assembly;
    const { store, signals } = runnerDeps;
    const runner = createRunner(runnerDeps);
    const status = (): WatcherStatus => redactTexts(runner.status(), redactor.redact);
    metrics.readStatus({ status, isReady: (now) => healthOf(now, hangingAfterMs).ready });
    const heartbeat = keepHeartbeat({ status, store, clock, logger, hangingAfterMs });
    const readConfig: DaemonDeps['readConfig'] = async (file, text) => {
      const next = await deps.readConfig(file, text);
      redactor.add(next.secrets);
      return next;
    };
    const onApplied = (next: WatcherConfig): void => {
      logger.adjust({ level: next.log.level });
      heartbeat.apply(next);
    };
    const reloader = createReloader({ ...deps, readConfig, signals, runner, stage, onApplied });
    const server = await startServer({
      ...config.server,
      version: deps.version,
      ...configForServer(reloader.config),
      status,
      report: (standing = status()) =>
        reportOfDaemon({
          now: clock.now(),
          version: deps.version,
          pid: process.pid,
          status: standing,
          health: withHeartbeatFault(
            withConfigFault(healthOf(standing, hangingAfterMs), reloader.fault()),
            redactTexts(heartbeat.fault(), redactor.redact),
          ),
          config: configInForce(reloader.config(), redactTexts(reloader.history(), redactor.redact)),
          store,
        }),
      store,
      clock,
      metrics,
      logger,
      signals,
      reload: () => reloader.reload('POST /-/reload'),
      pollSoon: (watch) => runner.pollSoon(watch),
      configFault: reloader.fault,
      proveJob: proverOf(store),
      witness: witnessFor({ config: reloader.config, store, clock, logger }),
      heartbeatFault: () => redactTexts(heartbeat.fault(), redactor.redact),
      hangingAfterMs,
    });
    closers.add(() => server.close());
    logger.info(`Status server listening on ${server.url}`, { url: server.url });
    await runner.start();
    const preparing = setTimeout(server.prepare, ROUTES_AFTER_MS);
    closers.add(async () => clearTimeout(preparing));
    heartbeat.apply(reloader.config());
    const stopSecretWatch = watchSecrets({
      files: () => reloader.config().files,
      clock,
      onChange: async (files) => {
        const outcome = await reloader.reload(`${files.join(', ')} has changed`, 'secrets');
        return outcome.kind === 'applied' || outcome.isPassing !== true;
      },
    });

    // The heartbeat first: a watcher that stops is not ill.
    const stopAll = async (reason: string): Promise<void> => {
      await heartbeat.stop();
      const reloadsEnd = Promise.all([stopSecretWatch(), reloader.stop()]);
      await runner.stop(reason);
      await atMost(RELOADS_END_WITHIN_MS, reloadsEnd);
      await closers.closeAll();
    };
    let stopping: Promise<void> | null = null;
    return {
      runner,
      signals,
      url: server.url,
      reload: (reason) => reloader.reload(reason),
      stop: (reason) => {
        stopping ??= stopAll(reason);
        return stopping;
      },
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/**
 * Runs the daemon until a signal says otherwise. The first SIGTERM or SIGINT stops it in order, within 10 s; a second one leaves at
 * once.
 * @returns the exit code.
 */
export async function runDaemon(deps: DaemonDeps): Promise<number> {
  const { logger, config } = deps;
  const leave = (code: number): void => {
    void logger.close().finally(() => process.exit(code));
  };
  const asked = Promise.withResolvers<NodeJS.Signals>();
  const unwanted = new AbortController();
  let lastResort: LastResort | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (lastResort) process.exit(signal === 'SIGINT' ? 130 : 143);
    // From the signal on, whatever the daemon is about: it may not even have started.
    lastResort = armLastResort({ logger });
    asked.resolve(signal);
    unwanted.abort();
  };
  const onCrash = (error: unknown): void => {
    logger.error('Something failed that nobody caught; leaving, so that a restart can begin anew', {
      err: toError(error),
    });
    leave(1);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  // From the start: without a listener the signal would end the process. What comes before it runs has its reload then.
  const running = Promise.withResolvers<Daemon>();
  const onHangUp = (): void => void running.promise.then((daemon) => daemon.reload('SIGHUP'));
  process.on('SIGHUP', onHangUp);
  if (deps.early?.handOver()) onHangUp();
  process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash);

  const end = (): void => lastResort?.ended();
  let unboundHeap = (): void => {};
  try {
    for (const warning of config.warnings) logger.warn(`Configuration: ${issueText(warning)}`);
    const { clock } = deps;
    const wanted = { config, clock, logger, signal: unwanted.signal };
    const daemon = await startOnceStoreAnswers(() => startDaemon(deps), wanted);
    if (daemon === null) {
      logger.info('Stopped before the store was there');
      await logger.close();
      return 0;
    }
    unboundHeap = boundHeapAfterStart(daemon.signals, namesOf(config.watches));
    running.resolve(daemon);
    logger.info('Watching', {
      version: deps.version,
      watches: namesOf(config.watches),
      channels: namesOf(config.channels),
      store: shownPlace(config.store),
    });
    const signal = await asked.promise;
    logger.info(`${signal}: finishing what is in hand`);
    await daemon.stop(signal);
    logger.info('Stopped');
    await logger.close();
    return 0;
  } finally {
    end();
    unboundHeap();
  }
}

/** Waits for `work` to end, and no longer than `ms` milliseconds. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, ms);
  await Promise.race([work, limit.promise]);
  clearTimeout(timer);
}
