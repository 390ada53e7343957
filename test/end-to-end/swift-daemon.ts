/**
 * The daemon with limits that a test can wait for; takes what `restore-watcher` takes for `run`. It stood still after 5 s, and hangs
 * after 7 s, in place of 10 s and 30 s.
 */
import { runDaemon } from '../../src/app/daemon.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createRedactor } from '../../src/config/redact.ts';
import { createLogger } from '../../src/logging/winston-logger.ts';
import { USUAL_PACE } from '../../src/watcher/schedule/pace.ts';

const config = await loadConfig(process.argv.at(-1) ?? '', { env: process.env });
process.exitCode = await runDaemon({
  config,
  readConfig: (file, text) => loadConfig(file, { env: process.env, text }),
  clock: systemClock,
  logger: createLogger({ ...config.log, redact: createRedactor(config.secrets) }),
  version: '0.0.0',
  pace: { ...USUAL_PACE, lateAfterMs: 5_000 },
  hangingAfterMs: 7_000,
});
