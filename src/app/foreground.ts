import type { Clock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import type { Watch } from '../domain/job/watch.ts';
import type { Logger } from '../logging/logger.ts';
import type { JobSource } from '../source/source.ts';
import { buildSources } from './adapters.ts';

/** Somebody watches: one more try tells a hiccup from a fault, and what goes on for longer is told rather than sat out. */
const RETRIES = 1;

/** Faults that matter are thrown; lines of a log would only get between those of the command. */
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * Lets `work` read a watch's connection through a source of its own: no store is opened, and nothing is recorded. The first SIGINT
 * aborts the signal; a second one leaves at once.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export async function inForeground<T>(
  config: WatcherConfig,
  watch: Watch,
  clock: Clock,
  work: (source: JobSource, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const connections = config.connections
    .filter(({ name }) => name === watch.connection)
    .map((connection) => ({ ...connection, retries: Math.min(connection.retries, RETRIES) }));
  const source = buildSources(connections, { clock, logger: SILENT, storeUrl: config.store.url }).get(
    watch.connection,
  );
  if (!source) throw new Error(`watch ${watch.name} has no connection`);
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort();
  process.once('SIGINT', onSignal);
  try {
    return await work(source, interrupted.signal);
  } finally {
    process.off('SIGINT', onSignal);
    await source.close();
  }
}
