import { hostname } from 'node:os';
import { keepMirror } from './audit-keeper.ts';
import { createEmailNotifier } from './channels/email.ts';
import { createTeamsNotifier } from './channels/msteams.ts';
import type { Notifier } from './channels/notifier.ts';
import { createPagerDutyNotifier } from './channels/pagerduty.ts';
import { createUrlLimiter, type UrlLimiter } from './channels/rate-limiter.ts';
import { createSlackNotifier } from './channels/slack.ts';
import { createWebhookNotifier } from './channels/webhook.ts';
import { chooseVault } from './choose-vault.ts';
import type { Clock } from './clock.ts';
import type { ChannelConfig, ConnectionConfig, WatcherConfig } from './config/config.ts';
import { assertNever } from './domain/restore-job.ts';
import type { Watch } from './domain/watch.ts';
import { toError } from './errors.ts';
import type { Logger } from './logger.ts';
import { createAtlasSource } from './source/atlas-source.ts';
import { createConnection, type RequestRecord } from './source/connection.ts';
import { clusterJobs } from './source/kinds/cluster.ts';
import { collectionJobs } from './source/kinds/collection.ts';
import { flexJobs } from './source/kinds/flex.ts';
import { legacyJobs } from './source/kinds/legacy.ts';
import { serverlessJobs } from './source/kinds/serverless.ts';
import type { BudgetState } from './source/paid-send.ts';
import type { JobSource } from './source/source.ts';
import type { SunsetNotice } from './source/sunset-watch.ts';
import { createMetrics, type Metrics } from './status/metrics.ts';
import { openStore } from './store/open-store.ts';
import { createSignals } from './watcher/events.ts';
import type { RunnerDeps } from './watcher/runner.ts';

/** What can be watched. */
const KINDS = [serverlessJobs, flexJobs, clusterJobs, collectionJobs, legacyJobs];

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

/**
 * One source for each connection, by its name. Nobody is asked for anything yet.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export function buildSources(
  connections: readonly ConnectionConfig[],
  deps: {
    clock: Clock;
    logger: Logger;
    /** Access tokens are kept beside it. */
    storeUrl: string;
    onRequest?: (request: RequestRecord) => void;
    onSunset?: (notice: SunsetNotice) => void;
    /** Is told of each connection how its budgets can be read. */
    onBudgets?: (connection: string, read: () => BudgetState[]) => void;
  },
): Map<string, JobSource> {
  const { clock, storeUrl, onBudgets, ...observers } = deps;
  return new Map(
    connections.map((connection) => {
      const vault = chooseVault(connection, storeUrl);
      const options = { ...connection, ...observers, clock, vault, random: Math.random };
      const measured = createConnection(options);
      onBudgets?.(connection.name, measured.budgets);
      return [connection.name, createAtlasSource({ connection: measured, clock, adapters: KINDS })];
    }),
  );
}

/** @throws {WatcherError} code `config`, when a URL, secret or file of the channel cannot be used. */
export function buildNotifier(
  channel: ChannelConfig,
  { clock, limiter }: { clock: Clock; limiter: UrlLimiter },
): Notifier {
  switch (channel.type) {
    case 'slack':
      return createSlackNotifier({ ...channel, channel: channel.name, clock, limiter });
    case 'email':
      return createEmailNotifier({ ...channel, channel: channel.name });
    case 'webhook':
      return createWebhookNotifier({ ...channel, channel: channel.name, clock });
    case 'pagerduty':
      return createPagerDutyNotifier({ ...channel, channel: channel.name, clock });
    case 'msteams':
      return createTeamsNotifier({ ...channel, channel: channel.name, clock, limiter });
    default:
      return assertNever(channel);
  }
}

/** The project's page in Atlas, for a person to open. */
export function projectUrl(config: WatcherConfig, watch: Watch, groupId = watch.groupId): string | null {
  const connection = config.connections.find(({ name }) => name === watch.connection);
  return connection && groupId !== '*'
    ? `${new URL(connection.baseUrl).origin}/v2/${groupId}#/clusters`
    : null;
}
