import { existsSync, readFileSync } from 'node:fs';
import { type AuditCheck, checkAudit } from '../audit/check.ts';
import { createUrlLimiter } from '../channels/rate-limiter.ts';
import { runCli } from '../cli/index.ts';
import type { CliParts } from '../cli/parts.ts';
import { systemClock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { createRedactor } from '../config/redact.ts';
import { jsonSchemaText } from '../config/schema/json-schema.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Logger } from '../logging/logger.ts';
import { type AdjustableLogger, createLogger } from '../logging/winston-logger.ts';
import { useProxies } from '../net/proxies.ts';
import { openExistingStore } from '../store/open-store.ts';
import { inspectStore } from '../store/sqlite/inspect.ts';
import { type OnceReport, runOnce } from '../watcher/once.ts';
import { buildNotifier } from './adapters.ts';
import { assemble, projectUrl } from './assembly.ts';
import { runDaemon } from './daemon.ts';
import { diagnoseConfig, inForeground, lookOnce } from './one-off.ts';

/** Builds the parts that the commands are made of, and runs the command line. @returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const { env, stdout, stderr } = process;
  const proxies = useProxies(env);
  if ('fault' in proxies) {
    stderr.write(`error: ${proxies.fault}\n`);
    return 2;
  }
  const clock = systemClock;
  const version = readVersion();
  const parts: CliParts = {
    stdout,
    stderr,
    env,
    clock,
    version,
    loadConfig: (file) => loadConfig(file, { env }),
    openStore: (config, { mode }) => openExistingStore(config.store.url, { mode }),
    inspectStore: async (config) => inspectStore(config.store.url),
    diagnose,
    createNotifier: (config, name) => createOneNotifier(config, name),
    projectUrl,
    runDaemon: (config) =>
      runDaemon({
        config,
        readConfig: (file, text) => loadConfig(file, { env, text }),
        clock,
        logger: loggerFor(config),
        version,
      }),
    runOnce: (config) => once(config, version),
    lookOnce: (config) => loggingAside(config, (logger) => lookOnce(config, { clock, logger, version })),
    inForeground: (config, watch, work) => inForeground(config, watch, clock, work),
    // Loaded only when it is wanted: a daemon needs no simulator in its memory.
    runDemo: async ({ keep }) => (await import('./demo.ts')).runDemo({ keep, out: stdout, version }),
    verifyAudit: ({ config, file }) => verifyAudit(config, file),
    jsonSchema: jsonSchemaText,
  };
  return runCli(argv, parts);
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function loggerFor(config: WatcherConfig): AdjustableLogger {
  return createLogger({ ...config.log, redact: createRedactor(config.secrets) });
}

function createOneNotifier(config: WatcherConfig, name: string): ReturnType<typeof buildNotifier> {
  const channel = config.channels.find((candidate) => candidate.name === name);
  if (!channel) throw new Error(`there is no channel ${name}`);
  const clock = systemClock;
  const limiter = createUrlLimiter({ clock, intervalMs: 1_000 });
  return buildNotifier(channel, { clock, limiter, logger: tellAside });
}

/** For a command, whose standard output is its own: what a person has to know, on standard error. */
const tellAside: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message) => process.stderr.write(`note: ${message}\n`),
  error: (message) => process.stderr.write(`note: ${message}\n`),
};

/** One poll of everything. */
async function once(config: WatcherConfig, version: string): Promise<OnceReport> {
  return await loggingAside(config, async (logger) => {
    const assembly = await assemble({ config, clock: systemClock, logger, version });
    try {
      return await runOnce(assembly.runnerDeps, new AbortController().signal);
    } finally {
      await assembly.close();
    }
  });
}

function diagnose(config: WatcherConfig): Promise<Diagnosis[]> {
  return loggingAside(config, (logger) => diagnoseConfig(config, { clock: systemClock, logger }));
}

/** Logs to standard error, since standard output is the report's. */
async function loggingAside<T>(config: WatcherConfig, work: (logger: Logger) => Promise<T>): Promise<T> {
  const logger = createLogger({
    ...config.log,
    redact: createRedactor(config.secrets),
    stream: process.stderr,
  });
  try {
    return await work(logger);
  } finally {
    await logger.close();
  }
}

/** Checks the file, and against the store where the configuration names one that exists. */
async function verifyAudit(config: WatcherConfig | null, file: string): Promise<AuditCheck> {
  if (config && file === config.audit.file && !existsSync(file) && !inspectStore(config.store.url).exists) {
    return { checked: [], head: null, problems: [] };
  }
  const store = config && (await openExistingStore(config.store.url, { mode: 'readonly' }));
  try {
    return await checkAudit(store, { store: config?.store.url ?? '', file });
  } finally {
    await store?.close();
  }
}
