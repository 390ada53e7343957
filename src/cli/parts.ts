import type { Readable, Writable } from 'node:stream';
import type { AuditCheck } from '../audit/check.ts';
import type { CheckedProof, JobProofs, LineReader } from '../audit/proofs/proofs.ts';
import type { Notifier } from '../channels/notifier.ts';
import type { Clock } from '../clock.ts';
import type { WatcherConfig } from '../config/config.ts';
import type { StoreAccess } from '../config/store-access.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { Survey } from '../diagnosis/survey.ts';
import type { AuditHead } from '../domain/audit.ts';
import type { Checkpoint } from '../domain/evidence/checkpoint.ts';
import type { VerifierKey } from '../domain/evidence/signed-note.ts';
import type { TellingConfig } from '../domain/explain/why.ts';
import type { Watch } from '../domain/job/watch.ts';
import type { HeartbeatAnswer } from '../health/heartbeat-answer.ts';
import type { JobSource } from '../source/source.ts';
import type { StoreAddress } from '../store/ports/address.ts';
import type { CopyProgress } from '../store/ports/copying.ts';
import type { StoreFacts, StoreMode } from '../store/ports/life.ts';
import type { Store } from '../store/store.ts';
import type { Records } from '../views/records/records.ts';
import type { StatusReport } from '../views/status/report.ts';
import type { OnceReport } from '../watcher/once/report.ts';
import type { HealthAnswer } from './commands/healthcheck/ask.ts';

/** Where a command writes. A terminal has `isTTY`, `columns` and `rows`. */
export type OutputStream = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** Where a person answers. A terminal has `isTTY`. */
export type InputStream = Readable & { isTTY?: boolean };

/** A daemon that is asked over HTTP. */
export interface RemoteDaemon {
  records: Records;
  /** @throws {WatcherError} when it does not answer, or refuses. */
  status(): Promise<StatusReport>;
  /** Who is told of what, by the configuration in force. @throws {WatcherError} the same; `not_found`: an older one, which does not say. */
  telling(): Promise<TellingConfig>;
}

/** What copying a store into another one has come to. */
export interface StoreMove {
  /** Where they are, without credentials. */
  from: string;
  to: string;
  tables: ReadonlyArray<{ table: string; rows: number }>;
  /** Of the audit log in the copy, verified from its first entry on. */
  audit: { entries: number; head: AuditHead; problems: readonly string[] };
}

/** What the commands are made of, already built: the CLI knows no adapter. */
export interface CliParts {
  /** Absent: nobody can be asked. */
  stdin?: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Who gives the command, by the system. Absent: the system is asked. */
  systemUser?: () => string;
  version: string;
  /** Takes secrets out of what is said about errors. Absent: nothing is known that is secret. */
  redact?: (text: string) => string;

  /** What the daemon has answered to `healthcheck`, where it was asked before all this was loaded. */
  healthAnswer?: HealthAnswer | null;

  /** @throws {ConfigError} with every fault of the file at once. */
  loadConfig(file: string): Promise<WatcherConfig>;
  /**
   * Loads a configuration that does not stand in its file yet, with `env` on top of the environment.
   * @throws {ConfigError}
   */
  loadDraft(draft: {
    file: string;
    text: string;
    env: Readonly<Record<string, string>>;
  }): Promise<WatcherConfig>;
  /**
   * As much of a configuration as reading the record takes: also of one with faults, or whose secrets are not there.
   * @throws {ConfigError} when there is no file, or its `store.url` cannot be read with certainty.
   */
  readAccess(file: string): Promise<StoreAccess>;
  /**
   * Where the daemon of a configuration listens, whatever else is wrong with that.
   * @throws {ConfigError} when there is no file, or that cannot be read with certainty.
   */
  readServer(file: string): Promise<{ host: string; port: number }>;
  /** Nothing is asked yet. */
  connectDaemon(server: { url: string; token: string | null }): RemoteDaemon;
  /**
   * Opens the store beside a daemon that may be running; never makes one (a command run as another user would leave files that the
   * daemon cannot write). `null` while there is no database.
   * @throws {StoreError}
   */
  openStore(
    config: Pick<WatcherConfig, 'store'>,
    options: { mode: 'readonly' | 'readwrite' },
  ): Promise<Store | null>;
  /**
   * Looks at the store without changing it.
   * @throws {StoreError} when it cannot be used: damaged, made by a newer program, not readable.
   */
  inspectStore(config: Pick<StoreAccess, 'store' | 'audit'>, mode: StoreMode): Promise<StoreFacts>;
  /**
   * Copies the store at `from` into the empty one at `to`, which may hold placeholders, and verifies the copy.
   * @throws {StoreError} when a daemon runs on either, when `to` is not empty, and for every fault of the two; ConfigError when a
   *   placeholder cannot be filled in.
   */
  moveStore(
    addresses: { from: StoreAddress; to: StoreAddress },
    onProgress: (progress: CopyProgress) => void,
  ): Promise<StoreMove>;
  diagnose: Diagnostician;
  /**
   * Lists what the credential of the first watch sees, by the API of that watch. What is wrong is in the survey.
   * @throws {ConfigError} when a `caFile` cannot be used.
   */
  survey(config: WatcherConfig): Promise<Survey>;
  /**
   * Calls the heartbeat once, as if all were well; `null` where none is configured.
   * @throws {ConfigError} when its `caFile` cannot be used.
   */
  tryHeartbeat(config: WatcherConfig): Promise<HeartbeatAnswer | null>;
  /** The channel's real notifier. @throws {Error} for a name that is not in the configuration. */
  createNotifier(config: WatcherConfig, channel: string): Notifier;
  /** The project's page in Atlas, for people. */
  projectUrl(config: WatcherConfig, watch: Watch): string | null;

  /** Runs until a signal says otherwise; resolves to the exit code. */
  runDaemon(config: WatcherConfig): Promise<number>;
  /** One poll of every watch, and one go at what is due. */
  runOnce(config: WatcherConfig): Promise<OnceReport>;
  /** One poll of every watch with nothing to compare with: nothing is recorded, and nobody is told. */
  lookOnce(config: WatcherConfig): Promise<OnceReport>;
  /**
   * Lets `work` read Atlas for a watch, without a store. The signal aborts when the person wants no more.
   * @throws {ConfigError} when a `caFile` cannot be used.
   */
  inForeground<T>(
    config: WatcherConfig,
    watch: Watch,
    work: (source: JobSource, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Resolves to the exit code. */
  runDemo(options: { keep: boolean }): Promise<number>;

  /**
   * Verifies the audit log: the chain in the store, the mirror file, and that both say the same. Without a configuration, the file
   * alone. Several files are the pieces of one log; one is completed by those that a rotation left beside it. Whatever is wrong is a problem in the verdict, not an error.
   */
  verifyAudit(request: {
    config: Pick<StoreAccess, 'store' | 'audit'> | null;
    files: readonly string[];
    /** By which checkpoints should be signed; `null`: by the one that the log itself names. */
    key: VerifierKey | null;
    /** Files with checkpoints that somebody has kept. */
    checkpoints: readonly string[];
    /** Who must have cosigned those. */
    witnesses?: readonly VerifierKey[];
    /** Notes in the store what was found, where that can be written. Where it cannot, the verdict says so in its notes. */
    isNoted: boolean;
  }): Promise<AuditCheck>;
  /**
   * Writes the entries of a job to the directory `out`, each with a proof that it is in the log of that checkpoint.
   * @throws {StoreError} when the log is not the one of the checkpoint, or nothing can be written.
   */
  proveJob(
    read: LineReader,
    jobId: string,
    signed: { checkpoint: Checkpoint; note: string; out: string },
  ): Promise<JobProofs>;
  /**
   * Verifies proofs: one, or all in a directory. What is wrong with them is in the answer.
   * @throws {StoreError} when they cannot be read, or there is none.
   */
  checkProofs(path: string, key: VerifierKey): Promise<CheckedProof[]>;
  /** The JSON Schema of the configuration, as text. */
  jsonSchema(): string;
}

/**
 * Asks Atlas how far every watch gets on the way to its jobs, in the order of the configuration. Touches no store and no channel. What
 * is wrong is in the diagnoses.
 * @throws {ConfigError} when a `caFile` cannot be used.
 */
export type Diagnostician = (config: WatcherConfig) => Promise<Diagnosis[]>;
