import { type Command, Option } from 'commander';
import { httpUrlFault } from '../config/addresses.ts';
import { accessToStore, type StoreAccess } from '../config/store-access.ts';
import { shorten } from '../domain/shorten.ts';
import type { MutableWatch } from '../domain/telling/mute-reach.ts';
import { StoreError } from '../errors.ts';
import type { StoreReader } from '../store/store.ts';
import type { Records } from '../views/records/records.ts';
import { createStoreRecords } from '../views/records/store-records.ts';
import { blindWords, daemonWords } from '../views/status/from-store.ts';
import type { Cli, CommonOptions } from './command.ts';
import { UsageError } from './errors.ts';
import type { RemoteDaemon } from './parts.ts';
import { printable } from './view/text.ts';

/** The environment variable that holds the token where the command line does not. */
const TOKEN_VARIABLE = 'RESTORE_WATCHER_TOKEN';

/** Options of every command that reads the record. */
export interface RecordsOptions extends CommonOptions {
  server?: string;
  token?: string;
  store?: string;
}

/** The record, and the names that it may be asked by. */
export interface Reach {
  records: Records;
  /** The store behind it; `null`: a daemon is asked. */
  store: StoreReader | null;
  watches: readonly MutableWatch[];
  channels: ReadonlyArray<{ name: string }>;
  /** False: there may be other watches and channels than those. */
  isWhole: boolean;
}

/** Adds `--server` and `--token`, by which a running daemon is asked, and `--store`, by which no configuration is read. */
export function addRecordsOptions(command: Command): Command {
  return command
    .addOption(storeOption())
    .addOption(new Option('--server <url>', 'ask the daemon that answers there, and no store'))
    .addOption(new Option('--token <token>', `its server.token (default: $${TOKEN_VARIABLE})`));
}

/** `--store`, which stands in for a configuration that cannot be read. */
export function storeOption(): Option {
  return new Option('--store <url>', 'read this store (sqlite:PATH), and no configuration');
}

/**
 * The store that `--store` names, or else the configuration.
 * @throws {ConfigError} when `store.url` cannot be read with certainty; StoreError when there is no store of that name; UsageError.
 */
export async function accessFor(cli: Cli, { store, config }: RecordsOptions): Promise<StoreAccess> {
  if (store === undefined) return cli.parts.readAccess(config);
  if (!/^sqlite:./.test(store)) {
    throw new UsageError(
      '--store cannot be used: expected "sqlite:" and a path, such as sqlite:./data/watcher.db',
    );
  }
  const access = accessToStore(store, config);
  const { exists, where } = await cli.parts.inspectStore(access);
  if (exists) return access;
  throw new StoreError('unavailable', `--store: there is no database at ${where}`, {
    hint: 'A relative path starts from the working directory.',
  });
}

/**
 * Lets `work` use the record: of the daemon that `--server` names, or else in the store that the configuration names, of which nothing else
 * is needed. Says first, on standard error, when no daemon runs or a watch is blind. `null`: there is no database yet.
 * @throws {ConfigError} when `store.url` cannot be read with certainty; WatcherError when store or daemon cannot be.
 */
export async function withRecords<T>(
  cli: Cli,
  options: RecordsOptions,
  mode: 'readonly' | 'readwrite',
  work: (reach: Reach) => Promise<T>,
): Promise<T | null> {
  const daemon = daemonOf(cli, options);
  if (daemon !== null) {
    try {
      const report = await daemon.status();
      tellFirst(cli, [...report.problems]);
      const named = (names: readonly string[]) => names.map((name) => ({ name }));
      return await work({
        records: daemon.records,
        store: null,
        watches: named(report.watches.map(({ watch }) => watch)),
        channels: named(report.channels.map(({ channel }) => channel)),
        isWhole: true,
      });
    } finally {
      await daemon.records.close();
    }
  }
  const access = await accessFor(cli, options);
  const { inUse } = await cli.parts.inspectStore(access);
  const store = await cli.parts.openStore(access, { mode });
  if (store === null) return null;
  try {
    const lastWrittenAt = await store.lastWrittenAt();
    const state = { true: 'silent', false: 'not_running', null: 'unknown' } as const;
    const facts = { daemon: state[`${inUse}`], asked: null, now: cli.parts.clock.now(), store };
    tellFirst(cli, [
      ...(inUse === false ? [daemonWords(facts, lastWrittenAt)] : []),
      ...(await store.readAlerts().then(blindWords)),
    ]);
    const records = createStoreRecords(store, { clock: cli.parts.clock, ...access });
    return await work({ ...access, store, records: { ...records, close: async () => {} } });
  } finally {
    await store.close();
  }
}

/** The daemon that `--server` names; `null`: none is named. @throws {UsageError} */
export function daemonOf(cli: Cli, { server, token, store }: RecordsOptions): RemoteDaemon | null {
  if (server !== undefined && store !== undefined) {
    throw new UsageError('--server and --store name two records: give one of them');
  }
  if (server === undefined) {
    if (token !== undefined) throw new UsageError('--token goes with --server');
    return null;
  }
  const fault = httpUrlFault(server, true);
  if (fault !== null) throw new UsageError(`--server cannot be used: ${fault}`);
  if (httpUrlFault(server, false) !== null) {
    throw new UsageError(
      '--server cannot be used: plain http is for loopback addresses only',
      'Name an https address, or forward a local port (ssh -L, kubectl port-forward).',
    );
  }
  return cli.parts.connectDaemon({ url: server, token: token ?? (cli.parts.env[TOKEN_VARIABLE] || null) });
}

/** "status" says it whole. */
const LONGEST_NOTE = 240;

/** What a report says before all else. */
export function tellFirst(cli: Cli, lines: readonly string[]): void {
  for (const line of lines) cli.err.line(`note: ${shorten(printable(line), LONGEST_NOTE)}`);
}
