import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { checkAudit } from '../audit/check.ts';
import { DEFAULT_CONFIG } from '../cli/config-file.ts';
import { systemClock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { createLogger } from '../logging/winston-logger.ts';
import { createRedactor } from '../net/redact/redactor.ts';
import { type DemoRun, keepDemoGoing, runDemoStory } from '../simulator/demo/demo.ts';
import { findSecrets } from '../simulator/demo/ledger.ts';
import { type DemoStage, demoConfig, startDemoStage } from '../simulator/demo/stage.ts';
import { createPaint } from '../simulator/demo/style.ts';
import { type DemoLeftovers, formatSummary, isFlawless } from '../simulator/demo/summary.ts';
import { openStore } from '../store/open-store.ts';
import { type Daemon, type DaemonDeps, startDaemon } from './daemon.ts';

const POLL_SECONDS = 1;

/** How the demo runs, and where it prints. */
export interface DemoOptions {
  /** Go on with further restores, and keep the files, until interrupted. */
  keep: boolean;
  out: NodeJS.WritableStream;
  version: string;
  /** How this program is called here. */
  ownName: string;
}

/**
 * Runs the real daemon against the simulated Atlas and local receivers, in a minute, and looks afterwards at what it left behind.
 * @returns the exit code: 0 when everything arrived once, in order, and nothing leaked.
 */
export async function runDemo({ keep, out, version, ownName }: DemoOptions): Promise<number> {
  const startedAt = Date.now();
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-demo-'));
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const stage = await startDemoStage();
  const print = (line: string): void => void out.write(`${line}\n`);
  const paint = createPaint(out);
  try {
    const { daemon, config, closeLog } = await startWatcher(stage, dir, version);
    const askProgress = (jobId: string) => progressOf(daemon, jobId);
    const run: DemoRun = {
      stage,
      print,
      paint,
      signal: interrupted.signal,
      startedAt,
      askProgress,
      pageUrl: `${daemon.url}/`,
    };
    const outcome = await runDemoStory(run);
    if (!keep) await daemon.stop('the demo is over');
    const leftovers = outcome && (await lookAround(stage, config, dir));
    if (outcome && leftovers) {
      for (const line of formatSummary(outcome, leftovers, paint)) print(line);
      print(`  ${paint('bold', 'Next:')} ${ownName} ${firstStep(existsSync(DEFAULT_CONFIG))}\n`);
      if (keep) {
        print(paint('dim', `  The page is at ${daemon.url}/, the files are in ${dir}. Ctrl-C ends it.`));
        await keepDemoGoing(run);
      }
    }
    await daemon.stop('the demo is over');
    await closeLog();
    return outcome && leftovers && isFlawless(outcome, leftovers) ? 0 : 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await stage.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** `init` leaves a configuration alone that is there, as in a checkout. */
function firstStep(hasConfig: boolean): string {
  const does = 'asks for your Atlas key, and writes a first configuration';
  return hasConfig ? `init --config my.config.json   ${does}, beside the one that is here` : `init   ${does}`;
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
  const redactor = createRedactor(config.secrets);
  const logger = createLogger({ ...config.log, redact: redactor.redact, stream });
  const readConfig: DaemonDeps['readConfig'] = (file, text) => loadConfig(file, { env, text });
  const daemon = await startDaemon({ config, readConfig, clock: systemClock, logger, redactor, version });
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
  const store = await openStore(config.store, { mode: 'readonly' });
  try {
    const { checked, problems } = await checkAudit(store, {
      store: config.store.url,
      files: [config.audit.file],
    });
    const files = await readdir(dir);
    const contents = await Promise.all(files.map((file) => readFile(join(dir, file), 'latin1')));
    return {
      secretsFound: findSecrets(stage.secrets, contents),
      audit: { entries: checked[0]?.entries ?? 0, problems },
    };
  } finally {
    await store.close();
  }
}

const JOB_REPLY = z.object({
  job: z.object({ progress: z.object({ done: z.number(), total: z.number() }) }),
});

/** How far a job has come, as the watcher tells it to scripts; `null` when it does not. */
async function progressOf({ url }: Daemon, jobId: string): Promise<{ done: number; total: number } | null> {
  const reply = await fetch(`${url}/api/v1/jobs/${jobId}`);
  return JOB_REPLY.safeParse(await reply.json()).data?.job.progress ?? null;
}

function logFile(dir: string): string {
  return join(dir, 'watcher.log');
}
