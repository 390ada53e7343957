import type { Clock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import { diagnoseWatches } from '../diagnosis/diagnose.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Logger } from '../logging/logger.ts';
import { buildSources } from './adapters.ts';

/** A person waits for the answer: one more try shows whether a fault was a hiccup, and more would tell nothing new. */
const RETRIES = 1;

/**
 * Asks Atlas how far every watch gets, with sources of its own: no store is opened, and nothing is recorded.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export async function diagnoseConfig(
  config: WatcherConfig,
  deps: { clock: Clock; logger: Logger },
): Promise<Diagnosis[]> {
  const connections = config.connections.map((connection) => ({
    ...connection,
    retries: Math.min(connection.retries, RETRIES),
  }));
  const sources = buildSources(connections, { ...deps, storeUrl: config.store.url });
  try {
    return await diagnoseWatches(config.watches, sources, new AbortController().signal);
  } finally {
    await Promise.all([...sources.values()].map((source) => source.close()));
  }
}
