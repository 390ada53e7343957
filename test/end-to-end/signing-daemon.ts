/**
 * The daemon that signs its log every two seconds, where a configuration takes a minute at least; takes what `restore-watcher` takes for
 * `run`. All else is at its usual pace.
 */
import { runDaemon } from '../../src/app/daemon.ts';
import { systemClock } from '../../src/clock.ts';
import type { WatcherConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/logging/winston-logger.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';

const SIGN_EVERY_MS = 2_000;

const load = async (file: string, text?: string): Promise<WatcherConfig> => {
  const config = await loadConfig(file, { env: process.env, ...(text === undefined ? {} : { text }) });
  return { ...config, audit: { ...config.audit, checkpointEveryMs: SIGN_EVERY_MS } };
};
const config = await load(process.argv.at(-1) ?? '');
const redactor = createRedactor(config.secrets);
process.exitCode = await runDaemon({
  config,
  readConfig: load,
  clock: systemClock,
  logger: createLogger({ ...config.log, redact: redactor.redact }),
  redactor,
  version: '0.0.0',
});
