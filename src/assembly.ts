import { hostname } from 'node:os';
import { buildNotifier, buildSources } from './adapters.ts';
import { keepMirror } from './audit-keeper.ts';
import { createUrlLimiter } from './channels/rate-limiter.ts';
import type { Clock } from './clock.ts';
import type { WatcherConfig } from './config/config.ts';
import type { Watch } from './domain/watch.ts';
import { toError } from './errors.ts';
import type { Logger } from './logger.ts';
import { createMetrics, type Metrics } from './status/metrics.ts';
import { openStore } from './store/open-store.ts';
import { createSignals } from './watcher/events.ts';
import type { RunnerDeps } from './watcher/runner.ts';

/** Slack takes about one message a second per incoming webhook, Teams not many more. */
const CHAT_INTERVAL_MS = 1_000;

export interface AssemblyDeps {
  config: WatcherConfig;
  clock: Clock;
  logger: Logger;
  version: string;
}

/** Everything that a daemon, or a single run, works with; and the way to close it again, in order. */
export interface Assembly {
  runnerDeps: RunnerDeps;
  metrics: Metrics;
  close(): Promise<void>;
}

/**
 * Opens and claims the store, brings the audit mirror into step, and builds sources and notifiers from the configuration. Nobody is
 * asked for anything yet. The store is claimed before anything is written: a second daemon must not even touch the first one's mirror.
 * @throws {WatcherError} when a part cannot be had; those that could are closed again.
 */
export async function assemble({ config, clock, logger, version }: AssemblyDeps): Promise<Assembly> {
  const closers = createClosers(logger);
  try {
    const signals = createSignals(logger);
    const limiter = createUrlLimiter({ clock, intervalMs: CHAT_INTERVAL_MS });
    const notifiers = config.channels.map((channel) => buildNotifier(channel, { clock, limiter }));
    for (const notifier of notifiers) closers.add(() => notifier.close());

    const store = await openStore(config.store.url, { mode: 'readwrite' });
    closers.add(() => store.close());
    await store.claimDaemon();
    closers.add(await keepMirror(config.audit.file, { store, clock, logger, signals }));

    const metrics = createMetrics({
      signals,
      store,
      version,
      watches: config.watches.map(({ name }) => name),
      channels: config.channels.map(({ name }) => name),
    });
    closers.add(async () => metrics.close());
    const sources = buildSources(config.connections, {
      clock,
      logger,
      storeUrl: config.store.url,
      onRequest: metrics.onRequest,
      onSunset: metrics.onSunset,
      onBudgets: metrics.readBudgets,
    });
    for (const source of sources.values()) closers.add(() => source.close());

    return {
      metrics,
      runnerDeps: {
        watches: config.watches,
        routes: config.routes,
        sources,
        notifiers,
        fallbacks: config.fallbacks,
        drill: config.drill,
        store,
        clock,
        logger,
        signals,
        version,
        random: Math.random,
        owner: `${hostname()}:${process.pid}`,
        projectUrl: (watch, groupId) => projectUrl(config, watch, groupId),
        configEntry: {
          file: config.file,
          sha256: config.digest,
          watches: config.watches.map(({ name }) => name),
          channels: config.channels.map(({ name }) => name),
        },
      },
      close: closers.closeAll,
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** Closes what was opened, last first. One that fails is logged and does not keep the others open. */
export function createClosers(logger: Logger): {
  add: (close: () => Promise<void>) => void;
  closeAll: () => Promise<void>;
} {
  const closers: Array<() => Promise<void>> = [];
  return {
    add: (close) => {
      closers.push(close);
    },
    closeAll: async () => {
      for (const close of closers.splice(0).reverse()) {
        await close().catch((error: unknown) =>
          logger.error('A part did not close well', { err: toError(error) }),
        );
      }
    },
  };
}

/** The project's page in Atlas, for a person to open. */
export function projectUrl(config: WatcherConfig, watch: Watch, groupId = watch.groupId): string | null {
  const connection = config.connections.find(({ name }) => name === watch.connection);
  return connection && groupId !== '*'
    ? `${new URL(connection.baseUrl).origin}/v2/${groupId}#/clusters`
    : null;
}
