import ownPackage from '../../package.json' with { type: 'json' };
import { checkProofs } from '../audit/proofs/check-proofs.ts';
import { writeProofs } from '../audit/proofs/proof-files.ts';
import { proveJob } from '../audit/proofs/prove-job.ts';
import type { Notifier } from '../channels/notifier.ts';
import { createReceiverLimiter } from '../channels/receiver-limiter.ts';
import type { HealthAnswer } from '../cli/commands/healthcheck/ask.ts';
import { runCli } from '../cli/index.ts';
import { ownName } from '../cli/own-name.ts';
import type { CliParts } from '../cli/parts.ts';
import { systemClock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { jsonSchemaText } from '../config/schema/json-schema.ts';
import { accessOf, readServerAddress, readStoreAccess } from '../config/store-access.ts';
import { readStoreUrl } from '../config/store-url.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { ConfigError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { createLogger } from '../logging/winston-logger.ts';
import { proxyPasswords, useProxies } from '../net/proxies.ts';
import { createRedactor, type Redactor } from '../net/redact/redactor.ts';
import { passwordsOf } from '../net/redact/secret-parts.ts';
import { connectDaemon } from '../remote/remote-records.ts';
import { inspectStore, openExistingStore } from '../store/open-store.ts';
import { redactingStore } from '../store/redacting-store.ts';
import { runOnce } from '../watcher/once/once.ts';
import type { OnceReport } from '../watcher/once/report.ts';
import { buildNotifier } from './adapters.ts';
import { assemble, projectUrl } from './assembly.ts';
import { verifyAudit } from './audit/verify-audit.ts';
import { runDaemon } from './daemon.ts';
import type { EarlySignals } from './early-signals.ts';
import { diagnoseConfig, inForeground, lookOnce, surveyConfig, tryHeartbeat } from './one-off.ts';

/**
 * Builds the parts that the commands are made of, and runs the command line.
 * @param early holds the signals that come before a daemon heeds them.
 * @param healthAnswer is what `healthcheck` was answered, where the daemon has been asked already.
 * @returns the exit code.
 */
export async function main(
  argv: readonly string[],
  early: EarlySignals | null,
  healthAnswer: HealthAnswer | null,
): Promise<number> {
  const { env, stdin, stdout, stderr } = process;
  const proxies = useProxies(env);
  if ('fault' in proxies) {
    stderr.write(`error: ${proxies.fault}\n`);
    return 2;
  }
  const clock = systemClock;
  // One for the whole process: whatever leaves it or stays passes through.
  const redactor = createRedactor(proxyPasswords(env));
  const readConfig = async (file: string, text?: string): Promise<WatcherConfig> => {
    const config = await loadConfig(file, { env, text });
    redactor.add(config.secrets);
    return config;
  };
  const { version } = ownPackage;
  const parts: CliParts = {
    stdin,
    stdout,
    stderr,
    env,
    clock,
    version,
    redact: redactor.redact,
    healthAnswer,
    ...configParts(readConfig, { env, redactor }),
    connectDaemon: (address) => {
      redactor.add(address.token === null ? [] : [address.token]);
      return connectDaemon(address, { clock });
    },
    openStore: async (config, { mode }) => {
      const store = await openExistingStore(config.store, { mode });
      return store && redactingStore(store, redactor.redact);
    },
    inspectStore: (config, mode) => inspectStore(config.store, { mirror: config.audit?.file, mode }),
    moveStore: async ({ from, to }, onProgress) => {
      const url = await readStoreUrl(to.url, { option: '--to', env });
      redactor.add(passwordsOf(url));
      return (await import('./move-store.ts')).moveStore(from, { ...to, url }, onProgress);
    },
    tryHeartbeat,
    diagnose: (config) => diagnose(config, redactor),
    survey: (config) =>
      loggingAside(config, redactor, (logger) => surveyConfig(config, { clock, logger, redactor })),
    createNotifier: (config, name) => createOneNotifier(config, name, redactor),
    projectUrl,
    runDaemon: (config) =>
      runDaemon({
        config,
        readConfig,
        clock,
        logger: createLogger({ ...config.log, redact: redactor.redact }),
        redactor,
        version,
        early,
      }),
    runOnce: (config) => once(config, version, redactor),
    lookOnce: (config) =>
      loggingAside(config, redactor, (logger) => lookOnce(config, { clock, logger, redactor, version })),
    inForeground: (config, watch, work) => inForeground(config, watch, { clock, redactor }, work),
    // Loaded only when it is wanted: a daemon needs no simulator in its memory.
    runDemo: async ({ keep }) =>
      (await import('./demo.ts')).runDemo({ keep, out: stdout, version, ownName: ownName(env) }),
    verifyAudit: (request) => verifyAudit(request, { clock, version }),
    proveJob: async (read, jobId, { out, ...signed }) => {
      const proofs = await proveJob(read, jobId, signed);
      await writeProofs(out, proofs.proven);
      return proofs;
    },
    checkProofs,
    jsonSchema: jsonSchemaText,
  };
  return runCli(argv, parts);
}

/** Reads where the daemon of a configuration listens, also of one that has faults. */
async function readServer(
  file: string,
  { readConfig, env }: { readConfig: (file: string) => Promise<WatcherConfig>; env: NodeJS.ProcessEnv },
): Promise<{ host: string; port: number }> {
  try {
    return (await readConfig(file)).server;
  } catch (fault) {
    if (!(fault instanceof ConfigError)) throw fault;
    return readServerAddress(file, { env, fault });
  }
}

/** How commands read a configuration: whole, as a draft, or as much of one with faults as they need. What is secret in it is known from then on. */
function configParts(
  readConfig: (file: string) => Promise<WatcherConfig>,
  { env, redactor }: { env: NodeJS.ProcessEnv; redactor: Redactor },
): Pick<CliParts, 'loadConfig' | 'loadDraft' | 'readAccess' | 'readServer'> {
  return {
    loadConfig: (file) => readConfig(file),
    loadDraft: async ({ file, text, env: own }) => {
      // Known as secrets before anything can be said about them.
      redactor.add(Object.values(own));
      const config = await loadConfig(file, { env: { ...env, ...own }, text });
      redactor.add(config.secrets);
      return config;
    },
    readAccess: async (file) => {
      try {
        // What an older version has kept is cleaned of the secrets, where they are known.
        return accessOf(await readConfig(file));
      } catch (fault) {
        if (!(fault instanceof ConfigError)) throw fault;
        const access = await readStoreAccess(file, { env, fault });
        redactor.add(
          [access.server?.token, access.server?.viewToken, ...passwordsOf(access.store.url)].filter(
            (each) => typeof each === 'string',
          ),
        );
        return access;
      }
    },
    readServer: (file) => readServer(file, { readConfig, env }),
  };
}

function createOneNotifier(config: WatcherConfig, name: string, redactor: Redactor): Notifier {
  const channel = config.channels.find((candidate) => candidate.name === name);
  if (!channel) throw new Error(`there is no channel ${name}`);
  const clock = systemClock;
  const limiter = createReceiverLimiter(clock);
  return buildNotifier(channel, { clock, limiter, logger: tellAside(redactor), redactor });
}

/** For a command, whose standard output is its own: what a person has to know, on standard error. */
function tellAside({ redact }: Redactor): Logger {
  const tell = (message: string): void => void process.stderr.write(`note: ${redact(message)}\n`);
  return { debug: () => {}, info: () => {}, warn: tell, error: tell };
}

/** One poll of everything. */
async function once(config: WatcherConfig, version: string, redactor: Redactor): Promise<OnceReport> {
  return await loggingAside(config, redactor, async (logger) => {
    const assembly = await assemble({ config, clock: systemClock, logger, redactor, version });
    try {
      return await runOnce(assembly.runnerDeps, new AbortController().signal);
    } finally {
      await assembly.close();
    }
  });
}

function diagnose(config: WatcherConfig, redactor: Redactor): Promise<Diagnosis[]> {
  return loggingAside(config, redactor, (logger) =>
    diagnoseConfig(config, { clock: systemClock, logger, redactor }),
  );
}

/** Logs to standard error, since standard output is the report's. */
async function loggingAside<T>(
  config: WatcherConfig,
  { redact }: Redactor,
  work: (logger: Logger) => Promise<T>,
): Promise<T> {
  const logger = createLogger({
    ...config.log,
    redact,
    stream: process.stderr,
  });
  try {
    return await work(logger);
  } finally {
    await logger.close();
  }
}
