import type { Clock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import type { Logger } from '../logging/logger.ts';
import { createSignals } from '../signals.ts';
import { openStore } from '../store/open-store.ts';
import { type OnceReport, runOnce } from '../watcher/once.ts';
import { buildSources } from './adapters.ts';

/** It is gone when the process is. */
const NO_STORE = 'sqlite::memory:';

/**
 * Polls every watch once, beside whatever else runs, and remembers nothing: there is nothing to compare with, and nobody is told.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export async function lookOnce(
  config: WatcherConfig,
  deps: { clock: Clock; logger: Logger; version: string },
): Promise<OnceReport> {
  const sources = buildSources(config.connections, { ...deps, storeUrl: config.store.url });
  const store = await openStore(NO_STORE, { mode: 'readwrite' });
  try {
    return await runOnce(
      {
        ...deps,
        watches: config.watches,
        sources,
        routes: [],
        nextDigest: () => null,
        notifiers: [],
        fallbacks: [],
        testAlert: null,
        projectUrl: () => null,
        store,
        signals: createSignals(deps.logger),
        random: Math.random,
        owner: 'nobody',
        configEntry: {},
      },
      new AbortController().signal,
    );
  } finally {
    await Promise.all([...sources.values()].map((source) => source.close()));
    await store.close();
  }
}
