/**
 * The daemon that hardly ever looks at the store of its own accord for what others have written: what it does at once, it was told of. Takes
 * what `restore-watcher` takes for `run`.
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
  pace: { ...USUAL_PACE, lookEveryMs: 3_600_000 },
});
