/**
 * The daemon with limits that a test can wait for; takes what `restore-watcher` takes for `run`. It stood still or hangs after 8 s,
 * in place of 10 s and 30 s, and beats so seldom that whoever asked meanwhile is answered before the next beat.
 */
import { runDaemon } from '../../src/app/daemon.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/logging/winston-logger.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';
import { USUAL_PACE } from '../../src/watcher/schedule/pace.ts';

const config = await loadConfig(process.argv.at(-1) ?? '', { env: process.env });
const redactor = createRedactor(config.secrets);
process.exitCode = await runDaemon({
  config,
  readConfig: (file, text) => loadConfig(file, { env: process.env, text }),
  clock: systemClock,
  logger: createLogger({ ...config.log, redact: redactor.redact }),
  redactor,
  version: '0.0.0',
  pace: { ...USUAL_PACE, beatEveryMs: 4_000, lateAfterMs: 8_000 },
  hangingAfterMs: 8_000,
});
