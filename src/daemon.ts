import { assemble, createClosers } from './assembly.ts';
import type { Clock } from './clock.ts';
import type { WatcherConfig } from './config/config.ts';
import { toError } from './errors.ts';
import type { Logger } from './logger.ts';
import { startHeartbeat } from './status/heartbeat.ts';
import { startServer } from './status/server.ts';
import type { Signals } from './watcher/events.ts';
import { createRunner, type Runner } from './watcher/runner.ts';

/** Leaves this much of the promised 10 s for whatever did not end in time. */
const HARD_STOP_MS = 9_500;

export interface Daemon {
  readonly runner: Runner;
  readonly signals: Signals;
  /** The status server. */
  readonly url: string;
  /** Stops polling, finishes what is in hand, closes everything. May be called twice: the same promise. */
  stop(reason: string): Promise<void>;
}

export interface DaemonDeps {
  config: WatcherConfig;
  clock: Clock;
  logger: Logger & { close(): Promise<void> };
  version: string;
}

/**
 * Starts the whole daemon: store, audit mirror, status server, watches, channels.
 * @throws {WatcherError} when a part cannot start; those that had are closed again.
 */
export async function startDaemon(deps: DaemonDeps): Promise<Daemon> {
  const { config, logger } = deps;
  const assembly = await assemble(deps);
  const closers = createClosers(logger);
  closers.add(assembly.close);
  try {
    const { runnerDeps, metrics } = assembly;
    const { store, signals } = runnerDeps;
    const runner = createRunner(runnerDeps);
    const { clock } = deps;
    const server = await startServer({
      ...config.server,
      status: runner.status,
      store,
      clock,
      metrics,
      logger,
    });
    closers.add(() => server.close());
    logger.info(`Status server listening on ${server.url}`, { url: server.url });
    await runner.start();
    const { heartbeat } = config;
    const stopHeartbeat =
      heartbeat && startHeartbeat({ ...heartbeat, status: runner.status, store, clock, logger });

    // The heartbeat first: a watcher that stops is not ill.
    const stopAll = async (reason: string): Promise<void> => {
      await stopHeartbeat?.();
      await runner.stop(reason);
      await closers.closeAll();
    };
    let stopping: Promise<void> | null = null;
    return {
      runner,
      signals,
      url: server.url,
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
  let signalsSeen = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signalsSeen += 1;
    if (signalsSeen === 1) asked.resolve(signal);
    else process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  const onCrash = (error: unknown): void => {
    logger.error('Something failed that nobody caught; leaving, so that a restart can begin anew', {
      err: toError(error),
    });
    leave(1);
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash);

  for (const { path, message } of config.warnings) logger.warn(`Configuration: ${path}: ${message}`);
  const daemon = await startDaemon(deps);
  logger.info('Watching', {
    version: deps.version,
    watches: config.watches.map(({ name }) => name),
    channels: config.channels.map(({ name }) => name),
    store: config.store.url,
  });
  const signal = await asked.promise;
  logger.info(`${signal}: finishing what is in hand`);
  const hardStop = setTimeout(() => {
    logger.error('Something did not end in time; leaving. What is owed stays owed.');
    leave(0);
  }, HARD_STOP_MS);
  await daemon.stop(signal);
  clearTimeout(hardStop);
  logger.info('Stopped');
  await logger.close();
  return 0;
}
