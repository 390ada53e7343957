import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { StoreAccess } from '../../config/store-access.ts';
import { WatcherError } from '../../errors.ts';
import { reportOfStore } from '../../views/status/from-store.ts';
import type { StatusReport } from '../../views/status/report.ts';
import { type Cli, jsonOption, onAction } from '../command.ts';
import { accessFor, addRecordsOptions, daemonOf, type RecordsOptions, tellFirst } from '../records.ts';
import { statusLines } from '../view/status-text.ts';
import { toJson } from '../view/text.ts';

/** A daemon that listens on every address is asked on this machine's own. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Adds `status`: how all of it stands. Exits with 1 when something is wrong. */
export function addStatus(cli: Cli, program: Command): void {
  const command = program
    .command('status')
    .description('show how daemon, watches and channels stand, what is muted, and what comes next')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Asks the daemon that runs by this configuration, or the one that --server names; while none runs, the store says what it knows.
Exit codes: 0 all is well, 1 something is wrong (or no daemon runs), 2 usage or configuration.`,
    );
  onAction<RecordsOptions>(cli, addRecordsOptions(command), (options) => showStatus(cli, options));
}

async function showStatus(cli: Cli, options: RecordsOptions): Promise<number> {
  const report = await findReport(cli, options);
  if (options.json) {
    tellFirst(cli, report.from === 'store' ? report.problems.slice(0, 1) : []);
    cli.out.line(toJson(report));
  } else {
    for (const line of statusLines(report, cli.out, cli.parts.clock.now())) cli.out.line(line);
  }
  return report.ok ? 0 : 1;
}

async function findReport(cli: Cli, options: RecordsOptions): Promise<StatusReport> {
  const named = daemonOf(cli, options);
  if (named !== null) {
    try {
      return await named.status();
    } finally {
      await named.records.close();
    }
  }
  const access = await accessFor(cli, options);
  const { inUse, exists } = await cli.parts.inspectStore(access);
  const asked = !exists || inUse === false ? null : await askOwn(cli, access);
  if (asked !== null && 'report' in asked) return asked.report;
  if (access.fault !== null) {
    tellFirst(cli, [
      `${access.file} is read for its store alone; run from here, it would be refused: ${access.fault}`,
    ]);
  }
  const store = await cli.parts.openStore(access, { mode: 'readonly' });
  try {
    return await reportOfStore({
      now: cli.parts.clock.now(),
      daemon: stateOf(exists, inUse),
      asked: asked?.why ?? null,
      file: access.file,
      sha256: access.sha256,
      where: access.store.url,
      watches: access.watches.map(({ name }) => name),
      channels: access.channels.map(({ name }) => name),
      isWhole: access.isWhole,
      store,
    });
  } finally {
    await store?.close();
  }
}

function stateOf(exists: boolean, inUse: boolean | null): 'unknown' | 'silent' | 'not_running' {
  if (!exists || inUse === false) return 'not_running';
  return inUse === null ? 'unknown' : 'silent';
}

/** Asks the daemon where the configuration has it listen; or says why it has not answered for this store. */
async function askOwn(
  cli: Cli,
  { server, store, file }: StoreAccess,
): Promise<{ report: StatusReport } | { why: string }> {
  if (server === null || server.port === 0) return { why: `${file} does not say where it listens` };
  const host = ANY_ADDRESS[server.host] ?? server.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
  const daemon = cli.parts.connectDaemon({ url, token: tokenFor(cli, server) });
  try {
    const report = await daemon.status();
    const own = resolve(store.url.replace(/^sqlite:/, ''));
    if (report.store.where === own) return { report };
    return { why: `the one at ${url} works with another store, ${report.store.where}` };
  } catch (thrown) {
    if (!(thrown instanceof WatcherError)) throw thrown;
    return { why: thrown.message };
  } finally {
    await daemon.records.close();
  }
}

function tokenFor(cli: Cli, { token }: NonNullable<StoreAccess['server']>): string | null {
  return token ?? (cli.parts.env.RESTORE_WATCHER_TOKEN || null);
}
