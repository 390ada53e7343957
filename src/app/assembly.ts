import { hostname } from 'node:os';
import { type CheckpointDeps, keepCheckpoints } from '../audit/checkpoints/keep-checkpoints.ts';
import { loadLogKey } from '../audit/checkpoints/log-key.ts';
import { keepMirror } from '../audit/keep-mirror.ts';
import { createReceiverLimiter } from '../channels/receiver-limiter.ts';
import type { Clock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import { nextDigestOf } from '../config/digests.ts';
import { parseVerifierKey, verifierKeyText } from '../domain/evidence/signed-note.ts';
import type { Timestamp } from '../domain/instant.ts';
import type { Watch } from '../domain/job/watch.ts';
import { ConfigError, toError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import { createSignals } from '../signals.ts';
import { openStore } from '../store/open-store.ts';
import { sqlitePath } from '../store/ports/address.ts';
import type { RecordReader } from '../store/ports/records.ts';
import { redactingStore } from '../store/redacting-store.ts';
import { isOpenToOthers } from '../store/sqlite/file.ts';
import type { Store } from '../store/store.ts';
import type { KeepSigning } from '../watcher/chores.ts';
import type { RunnerConfig, RunnerDeps } from '../watcher/runner.ts';
import type { Pace } from '../watcher/schedule/pace.ts';
import { createParts, type StagedParts } from './reload/parts.ts';
import { sharingBudgets } from './shared-budgets.ts';
import { followWakes } from './wakes.ts';

/** What other replicas have written reaches the mirror of this one within so many milliseconds. */
const MIRROR_OTHERS_EVERY_MS = 5_000;

/** What an assembly is made of. */
export interface AssemblyDeps {
  config: WatcherConfig;
  clock: Clock;
  logger: Logger;
  redactor: Redactor;
  version: string;
  pace?: Readonly<Pace> | undefined;
}

/** Everything that a daemon, or a single run, works with; and the way to close it again, in order. */
export interface Assembly {
  runnerDeps: RunnerDeps & { store: Store };
  metrics: Metrics;
  /**
   * Builds what another configuration asks for. Store, mirror and metrics stay; nothing that is in use changes yet.
   * @throws {WatcherError} when a part cannot be had; those that were built are closed again.
   */
  stage(config: WatcherConfig): Promise<StagedConfig>;
  close(): Promise<void>;
}

/** What another configuration comes to, built and ready to be applied. */
export interface StagedConfig {
  runnerConfig: RunnerConfig;
  /**
   * Puts its parts in use, in the same instant as the runner.
   * @returns the function that closes the old ones, once nothing uses them.
   * @throws {WatcherError} when the store cannot be reached by it, and then nothing has changed.
   */
  apply(): () => Promise<void>;
  /** Closes the parts that were built for it, when it is not to be applied after all. Does nothing once it was. */
  discard(): Promise<void>;
}

/**
 * Opens and claims the store, brings the audit mirror into step, and builds sources and notifiers from the configuration. Nobody is
 * asked for anything yet. The store is claimed before anything is written: a second daemon must not even touch the first one's mirror.
 * @throws {WatcherError} when a part cannot be had; those that could are closed again.
 */
export async function assemble(deps: AssemblyDeps): Promise<Assembly> {
  const { config, clock, logger, redactor, version, pace } = deps;
  const closers = createClosers(logger);
  try {
    const signals = createSignals(logger);
    const store = redactingStore(
      await openStore(config.store, {
        mode: 'readwrite',
        mirror: config.audit.file,
        onUpdate: ({ isDone, from, to }) =>
          logger.info(
            isDone
              ? 'The store has the layout of this version'
              : 'The store is brought to the layout of this version; with several gigabytes that takes a minute',
            { from, to },
          ),
      }),
      redactor.redact,
    );
    closers.add(() => store.close());
    const joined = await store.join({
      name: `${hostname()}:${process.pid}`,
      version,
      configuration: config.agreement,
    });
    const { membership, shareBudget } = sharingBudgets(joined, clock);
    warnIfOpen(logger, sqlitePath(config.store.url));
    closers.add(
      await keepMirror(config.audit.file, {
        store,
        clock,
        logger,
        signals,
        onReady: () => warnIfOpen(logger, config.audit.file),
        onStuck: killAtExit,
        lookEveryMs: membership.kind === 'alone' ? undefined : MIRROR_OTHERS_EVERY_MS,
      }),
    );
    const sign = await logSigner(config, { store, clock, logger, signals });
    // Of several replicas the keeper signs, and nobody else.
    if (membership.kind === 'alone') closers.add(await sign(store));
    const metrics = createMetrics({ signals, store, clock, version });
    closers.add(async () => metrics.close());
    closers.add(followWakes(store, signals, logger));
    const parts = createParts({
      clock,
      logger,
      redactor,
      limiter: createReceiverLimiter(clock),
      shareBudget,
      tokens: membership.kind === 'shared' ? membership : null,
      readCheckpoint: async () => (await store.lastCheckpoint()).last?.note ?? null,
      onRequest: metrics.onRequest,
      onSunset: metrics.onSunset,
      onBudgets: metrics.readBudgets,
    });
    closers.add(() => parts.close());

    const stage = async (next: WatcherConfig): Promise<StagedConfig> => {
      const staged = await parts.stage(next);
      const lastSuccesses = await successesOf(store);
      return {
        runnerConfig: runnerConfigOf(next, staged),
        apply: () => {
          store.useLogin(next.store);
          const { watches, channels } = next;
          metrics.apply({ watches: namesOf(watches), channels: namesOf(channels), lastSuccesses });
          return staged.apply();
        },
        discard: staged.discard,
      };
    };
    const { runnerConfig, apply } = await stage(config);
    apply();
    return {
      metrics,
      stage,
      runnerDeps: {
        ...runnerConfig,
        store,
        clock,
        logger,
        signals,
        version,
        ...(pace ? { pace } : {}),
        random: Math.random,
        membership,
        signing: membership.kind === 'alone' ? null : sign,
      },
      close: closers.closeAll,
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/**
 * Reads or makes the key that signs the log, and makes what signs it.
 * @throws {ConfigError} for another name than the log has; {StoreError} when its key cannot be used.
 */
async function logSigner(
  { file, audit }: WatcherConfig,
  deps: Pick<CheckpointDeps, 'store' | 'clock' | 'logger' | 'signals'>,
): Promise<KeepSigning> {
  const { key: known } = await deps.store.lastCheckpoint();
  const name = known === null ? null : (parseVerifierKey(known)?.name ?? null);
  if (audit.origin !== null && name !== null && audit.origin !== name) {
    const message = `cannot change: checkpoints of this log were signed as "${name}"`;
    throw new ConfigError(file, [{ path: 'audit.origin', message }]);
  }
  const { key, isNew } = await loadLogKey({ ...audit.key, origin: audit.origin ?? name });
  warnIfOpen(deps.logger, audit.key.file);
  const verifierKey = verifierKeyText(key.verifier);
  if (isNew) deps.logger.info('Made the key that signs the audit log', { file: audit.key.file, verifierKey });
  if (known !== null && known !== verifierKey)
    deps.logger.warn('The audit log is signed by another key than before', {
      verifierKey,
      before: known,
      hint: 'Put the key back that was there (audit.keyFile; of several replicas all need the same), or give the new verifier key to whoever verifies the log.',
    });
  const { checkpoints, checkpointEveryMs } = audit;
  return (store) =>
    keepCheckpoints({
      ...deps,
      store,
      key,
      file: checkpoints,
      everyMs: checkpointEveryMs,
      onStuck: killAtExit,
    });
}

/** A store that fails at this moment must not refuse a configuration: the metrics then begin without. */
function successesOf(store: RecordReader): Promise<ReadonlyMap<string, Timestamp>> {
  return store.lastSuccesses().catch(() => new Map());
}

/** A mode that somebody gave on purpose is left as it is: to a group, for a log shipper, say. That everybody may read is told. */
function warnIfOpen(logger: Logger, file: string | null): void {
  if (file === null || !isOpenToOthers(file)) return;
  logger.warn('Every user of this machine may read this file', { file, hint: `chmod o-rwx ${file}` });
}

/** Node's own exit waits for what its threads have in hand, and a disk that does not answer never ends that. */
function killAtExit(): void {
  process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
}

function runnerConfigOf(config: WatcherConfig, { sources, notifiers, witnesses }: StagedParts): RunnerConfig {
  const { file, sha256, agreement, watches, channels, routes, fallbacks, drills, testAlert, keepMs } = config;
  return {
    watches,
    routes,
    nextDigest: nextDigestOf(channels),
    sources,
    notifiers,
    witnesses,
    fallbacks,
    drills,
    testAlert,
    keepMs,
    auditKeepMs: config.audit.keepMs,
    configuration: agreement,
    projectUrl: (watch, groupId) => projectUrl(config, watch, groupId),
    configEntry: {
      ...{ file, sha256, watches: namesOf(watches), channels: namesOf(channels) },
      ...agreedEntry(watches, drills),
    },
  };
}

/** What is agreed of restores, for the report: whoever reads the log later must not have to guess. Spans are milliseconds. */
function agreedEntry(
  watches: WatcherConfig['watches'],
  drills: WatcherConfig['drills'],
): Readonly<Record<string, unknown>> {
  const objectives = watches.flatMap(({ name, rtoMs, rpoMs }) =>
    rtoMs === null && rpoMs === null ? [] : [{ watch: name, rtoMs, rpoMs }],
  );
  return {
    ...(objectives.length === 0 ? {} : { objectives }),
    ...(drills.length === 0 ? {} : { drills: drills.map((drill) => ({ ...drill })) }),
  };
}

/** The names of watches or channels, in their order. */
export function namesOf(named: ReadonlyArray<{ name: string }>): string[] {
  return named.map(({ name }) => name);
}

/** Closes what was opened, last first. One that fails is logged and does not keep the others open. */
export function createClosers(logger: Logger): {
  add: (close: () => Promise<void>) => void;
  closeAll: () => Promise<void>;
} {
  const closers: Array<() => Promise<void>> = [];
  return {
    add: (close) => {
      closers.push(close);
    },
    closeAll: async () => {
      for (const close of closers.splice(0).reverse()) {
        await close().catch((error: unknown) =>
          logger.error('A part did not close well', { err: toError(error) }),
        );
      }
    },
  };
}

/** The project's page in Atlas, for a person to open. */
export function projectUrl(config: WatcherConfig, watch: Watch, groupId = watch.groupId): string | null {
  const connection = config.connections.find(({ name }) => name === watch.connection);
  return connection && groupId !== '*'
    ? `${new URL(connection.baseUrl).origin}/v2/${groupId}#/clusters`
    : null;
}
