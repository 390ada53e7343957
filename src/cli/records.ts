import { type Command, Option } from 'commander';
import { httpUrlFault } from '../config/addresses.ts';
import { accessToStore, type StoreAccess } from '../config/store-access.ts';
import { shorten } from '../domain/shorten.ts';
import type { MutableWatch } from '../domain/telling/mute-reach.ts';
import { ConfigError, StoreError } from '../errors.ts';
import type { StoreReader } from '../store/store.ts';
import type { Records } from '../views/records/records.ts';
import { createStoreRecords } from '../views/records/store-records.ts';
import { blindWords, daemonWords } from '../views/status/from-store.ts';
import type { Cli, CommonOptions } from './command.ts';
import { UsageError } from './errors.ts';
import { askOwn, isOwnAddress, ownToken, TOKEN_VARIABLE } from './own-daemon.ts';
import type { RemoteDaemon } from './parts.ts';
import { printable } from './view/text.ts';

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
  /** The daemon that is asked; `null`: the store is read, and the configuration says what else is wanted. */
  daemon: RemoteDaemon | null;
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
    .addOption(
      new Option(
        '--token <token>',
        `its server.token, or to read its server.viewToken (default: that of the configuration where this has it listen there, else $${TOKEN_VARIABLE})`,
      ),
    );
}

/** `--store`, which stands in for a configuration that cannot be read. */
export function storeOption(): Option {
  return new Option(
    '--store <url>',
    'read this store (sqlite:PATH, or a postgres: address), and no configuration',
  );
}

/**
 * The store that `--store` names, or else the configuration.
 * @throws {ConfigError} when `store.url` cannot be read with certainty; StoreError when there is no store of that name; UsageError.
 */
export async function accessFor(cli: Cli, { store, config }: RecordsOptions): Promise<StoreAccess> {
  if (store === undefined) return cli.parts.readAccess(config);
  if (!/^(sqlite:|postgres(ql)?:\/\/)./.test(store)) {
    throw new UsageError(
      '--store cannot be used: expected "sqlite:" and a path, such as sqlite:./data/watcher.db, or a postgres: address',
    );
  }
  const access = accessToStore(store, config);
  const { exists, where } = await cli.parts.inspectStore(access, 'readonly');
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
  const daemon = await daemonOf(cli, options, mode === 'readonly' ? 'read' : 'act');
  if (daemon !== null) {
    try {
      const report = await daemon.status();
      tellFirst(cli, [...report.problems]);
      const named = (names: readonly string[]) => names.map((name) => ({ name }));
      return await work({
        records: daemon.records,
        ...{ store: null, daemon },
        watches: named(report.watches.map(({ watch }) => watch)),
        channels: named(report.channels.map(({ channel }) => channel)),
        isWhole: true,
      });
    } finally {
      await daemon.records.close();
    }
  }
  const access = await accessFor(cli, options);
  const { inUse, where } = await cli.parts.inspectStore(access, 'readonly');
  const store = await cli.parts.openStore(access, { mode });
  if (store === null) {
    tellFirst(cli, await wordsOfNone(cli, access, where));
    return null;
  }
  try {
    const lastWrittenAt = await store.lastWrittenAt();
    const state = { true: 'silent', false: 'not_running', null: 'unknown' } as const;
    const facts = { daemon: state[`${inUse}`], asked: null, now: cli.parts.clock.now(), where, store };
    tellFirst(cli, [
      ...(inUse === false ? [daemonWords(facts, lastWrittenAt)] : []),
      ...(await store.readAlerts().then(blindWords)),
    ]);
    const records = createStoreRecords(store, { clock: cli.parts.clock, ...access });
    return await work({ ...access, store, daemon: null, records: { ...records, close: async () => {} } });
  } finally {
    await store.close();
  }
}

/** In another folder than the daemon's, the store that a relative path names is not there. */
async function wordsOfNone(cli: Cli, access: StoreAccess, where: string): Promise<string[]> {
  const own = await askOwn(cli, access, false);
  if (own.kind !== 'report') return [`there is no database at ${where}`];
  return [
    `there is no database at ${where}; the daemon at ${own.url} works with ${own.report.store.where}: --server ${own.url} asks it`,
  ];
}

/** The daemon that `--server` names; `null`: none is named. @throws {UsageError} */
export async function daemonOf(
  cli: Cli,
  options: RecordsOptions,
  purpose: 'read' | 'act',
): Promise<RemoteDaemon | null> {
  const { server, token, store } = options;
  if (server === undefined) {
    if (token !== undefined) throw new UsageError('--token goes with --server');
    return null;
  }
  if (store !== undefined) throw new UsageError('--server and --store name two records: give one of them');
  const fault = serverFault(server);
  if (fault !== null) throw new UsageError(`--server cannot be used: ${fault}`);
  if (httpUrlFault(server, false) !== null) {
    throw new UsageError(
      '--server cannot be used: plain http is for loopback addresses only',
      'Name an https address, or forward a local port (ssh -L, kubectl port-forward).',
    );
  }
  const shown = token ?? (cli.parts.env[TOKEN_VARIABLE] || (await configuredToken(cli, options, purpose)));
  return cli.parts.connectDaemon({ url: server, token: shown });
}

function serverFault(server: string): string | null {
  const fault = httpUrlFault(server, true);
  if (fault !== null) return fault;
  const { search, hash } = new URL(server);
  return search === '' && hash === '' ? null : 'no "?" or "#" belongs in it';
}

/** Of the configuration, where that has its daemon listen at the address that is asked; `null`: of another, or none can be read. */
async function configuredToken(
  cli: Cli,
  { server = '', config }: RecordsOptions,
  purpose: 'read' | 'act',
): Promise<string | null> {
  try {
    const access = await cli.parts.readAccess(config);
    return isOwnAddress(server, access) ? ownToken(cli, access.server, purpose) : null;
  } catch (thrown) {
    if (thrown instanceof ConfigError) return null;
    throw thrown;
  }
}

/** "status" says it whole. */
const LONGEST_NOTE = 240;

/** What a report says before all else. */
export function tellFirst(cli: Cli, lines: readonly string[]): void {
  for (const line of lines) cli.err.line(`note: ${shorten(printable(line), LONGEST_NOTE)}`);
}
