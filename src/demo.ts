import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import type { WatcherConfig } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { createRedactor } from './config/redact.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { createLogger } from './logging.ts';
import { type DemoRun, keepDemoGoing, runDemoStory } from './simulator/demo.ts';
import { findSecrets } from './simulator/demo-ledger.ts';
import { type DemoStage, demoConfig, startDemoStage } from './simulator/demo-stage.ts';
import { createPaint } from './simulator/demo-style.ts';
import { type DemoLeftovers, formatSummary, isFlawless } from './simulator/demo-summary.ts';
import { checkAudit } from './store/audit-check.ts';
import { openStore } from './store/open-store.ts';

const POLL_SECONDS = 1;

export interface DemoOptions {
  /** Go on with further restores, and keep the files, until interrupted. */
  keep: boolean;
  out: NodeJS.WritableStream;
  version: string;
}

/**
 * Runs the real daemon against the simulated Atlas and local receivers, in a minute, and looks afterwards at what it left behind.
 * @returns the exit code: 0 when everything arrived once, in order, and nothing leaked.
 */
export async function runDemo({ keep, out, version }: DemoOptions): Promise<number> {
  const startedAt = Date.now();
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-demo-'));
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const stage = await startDemoStage();
  const print = (line: string): void => void out.write(`${line}\n`);
  const paint = createPaint(out);
  const run: DemoRun = { stage, print, paint, signal: interrupted.signal, startedAt };
  try {
    const { daemon, config, closeLog } = await startWatcher(stage, dir, version);
    const outcome = await runDemoStory(run);
    if (outcome && keep) {
      print(
        paint('dim', `  The status server is at ${daemon.url}, the files are in ${dir}. Ctrl-C ends it.`),
      );
      await keepDemoGoing(run);
    }
    await daemon.stop('the demo is over');
    await closeLog();
    if (outcome === null) return 1;
    const leftovers = await lookAround(stage, config, dir);
    for (const line of formatSummary(outcome, leftovers, paint)) print(line);
    return isFlawless(outcome, leftovers) ? 0 : 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await stage.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Starts the daemon as `run` would: from a configuration file, with its secrets in the environment. Its log goes to a file. */
async function startWatcher(
  stage: DemoStage,
  dir: string,
  version: string,
): Promise<{ daemon: Daemon; config: WatcherConfig; closeLog: () => Promise<void> }> {
  const { file, env } = demoConfig(stage, { dir, pollSeconds: POLL_SECONDS });
  const configFile = join(dir, 'watcher.config.json');
  await writeFile(configFile, JSON.stringify(file, null, 2));
  const config = await loadConfig(configFile, { env });
  const stream = createWriteStream(logFile(dir));
  const logger = createLogger({ ...config.log, redact: createRedactor(config.secrets), stream });
  const daemon = await startDaemon({ config, clock: systemClock, logger, version });
  return {
    daemon,
    config,
    closeLog: async () => {
      await logger.close();
      await new Promise<void>((done) => stream.end(done));
    },
  };
}

/** Verifies the audit log, and searches every file that the watcher wrote for the secrets it was given. */
async function lookAround(stage: DemoStage, config: WatcherConfig, dir: string): Promise<DemoLeftovers> {
  const store = await openStore(config.store.url, { mode: 'readonly' });
  try {
    const { checked, problems } = await checkAudit(store, {
      store: config.store.url,
      file: config.audit.file,
    });
    const files = [logFile(dir), join(dir, 'watcher.db'), config.audit.file];
    const contents = await Promise.all(files.map((file) => readFile(file, 'latin1')));
    return {
      secretsFound: findSecrets(stage.secrets, contents),
      audit: { entries: checked[0]?.entries ?? 0, problems },
    };
  } finally {
    await store.close();
  }
}

function logFile(dir: string): string {
  return join(dir, 'watcher.log');
}
