import type { Clock } from '../clock.ts';
import type { ConnectionConfig, WatcherConfig } from '../config/config.ts';
import { diagnoseWatches } from '../diagnosis/diagnose.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { type Survey, surveyProjects } from '../diagnosis/survey.ts';
import type { Watch } from '../domain/job/watch.ts';
import type { HeartbeatAnswer } from '../health/heartbeat-answer.ts';
import { createHeartbeatCaller } from '../health/heartbeat-call.ts';
import type { Logger } from '../logging/logger.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import { createSignals } from '../signals.ts';
import type { JobSource } from '../source/source.ts';
import { openStore } from '../store/open-store.ts';
import { runOnce } from '../watcher/once/once.ts';
import type { OnceReport } from '../watcher/once/report.ts';
import { buildSources } from './adapters.ts';

/** What a command that reads Atlas by itself works with. */
export interface OneOffDeps {
  clock: Clock;
  logger: Logger;
  redactor: Redactor;
}

/** A person waits for the answer: one more try tells a hiccup from a fault, and what lasts longer is told rather than sat out. */
const RETRIES = 1;

/** Faults that matter are thrown; lines of a log would only get between those of the command. */
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An in-memory store is gone when the process is. */
const NO_STORE = { url: 'sqlite::memory:' };

/**
 * Lets `work` read Atlas through sources of its own, by the names of their connections, and closes the sources afterwards. The store of
 * the configuration is not opened, and nothing is recorded.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
async function withSources<T>(
  { store }: WatcherConfig,
  connections: readonly ConnectionConfig[],
  deps: OneOffDeps,
  work: (sources: ReadonlyMap<string, JobSource>) => Promise<T>,
): Promise<T> {
  const sources = buildSources(connections, { ...deps, storeUrl: store.url });
  try {
    return await work(sources);
  } finally {
    await Promise.all([...sources.values()].map((source) => source.close()));
  }
}

function withFewRetries(connections: readonly ConnectionConfig[]): ConnectionConfig[] {
  return connections.map((connection) => ({
    ...connection,
    retries: Math.min(connection.retries, RETRIES),
  }));
}

/**
 * Polls every watch once, beside whatever else runs. There is nothing to compare the jobs with, and nobody is told of them.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export function lookOnce(config: WatcherConfig, deps: OneOffDeps & { version: string }): Promise<OnceReport> {
  return withSources(config, config.connections, deps, async (sources) => {
    const store = await openStore(NO_STORE, { mode: 'readwrite' });
    const runnerDeps = {
      ...deps,
      watches: config.watches,
      sources,
      routes: [],
      nextDigest: () => null,
      notifiers: [],
      fallbacks: [],
      testAlert: null,
      keepMs: null,
      drills: [],
      projectUrl: () => null,
      store,
      signals: createSignals(deps.logger),
      random: Math.random,
      membership: { kind: 'alone' as const, replica: 'nobody' },
      configuration: config.sha256,
      configEntry: {},
    };
    try {
      return await runOnce(runnerDeps, new AbortController().signal);
    } finally {
      await store.close();
    }
  });
}

/**
 * Asks Atlas how far every watch gets on the way to its jobs.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export function diagnoseConfig(config: WatcherConfig, deps: OneOffDeps): Promise<Diagnosis[]> {
  return withSources(config, withFewRetries(config.connections), deps, (sources) =>
    diagnoseWatches(config.watches, sources, {
      signal: new AbortController().signal,
      now: deps.clock.now(),
    }),
  );
}

/**
 * Lists what the credential of the first watch sees, by the API of that watch.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export function surveyConfig(config: WatcherConfig, deps: OneOffDeps): Promise<Survey> {
  return withSources(config, withFewRetries(config.connections), deps, (sources) => {
    const [watch] = config.watches;
    const source = watch && sources.get(watch.connection);
    if (!source) throw new Error('a survey needs a watch with a connection');
    return surveyProjects(source, watch, new AbortController().signal);
  });
}

/**
 * Calls the heartbeat once, as if all were well; `failUrl`, which raises an alarm, is left alone. `null` where none is configured.
 * @throws {ConfigError} when its `caFile` cannot be used.
 */
export async function tryHeartbeat({ heartbeat }: WatcherConfig): Promise<HeartbeatAnswer | null> {
  if (heartbeat === null) return null;
  const caller = createHeartbeatCaller(heartbeat);
  try {
    return await caller.call(heartbeat.url, new AbortController().signal);
  } finally {
    caller.close();
  }
}

/**
 * Lets `work` read the connection of one watch, without a log. The first SIGINT aborts the signal; a second one leaves at once.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export function inForeground<T>(
  config: WatcherConfig,
  watch: Watch,
  { clock, redactor }: Pick<OneOffDeps, 'clock' | 'redactor'>,
  work: (source: JobSource, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const connections = config.connections.filter(({ name }) => name === watch.connection);
  return withSources(
    config,
    withFewRetries(connections),
    { clock, redactor, logger: SILENT },
    async (sources) => {
      const source = sources.get(watch.connection);
      if (!source) throw new Error(`watch ${watch.name} has no connection`);
      const interrupted = new AbortController();
      const onSignal = (): void => interrupted.abort();
      process.once('SIGINT', onSignal);
      try {
        return await work(source, interrupted.signal);
      } finally {
        process.off('SIGINT', onSignal);
      }
    },
  );
}
