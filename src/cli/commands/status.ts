import type { Command } from 'commander';
import type { StoreAccess } from '../../config/store-access.ts';
import { StoreError } from '../../errors.ts';
import { shownPlace } from '../../store/ports/address.ts';
import type { StoreFacts } from '../../store/ports/life.ts';
import { reportOfStore } from '../../views/status/from-store.ts';
import type { StatusReport } from '../../views/status/report.ts';
import { type Cli, jsonOption, onAction } from '../command.ts';
import { askOwn, type OwnAnswer } from '../own-daemon.ts';
import { accessFor, addRecordsOptions, daemonOf, type RecordsOptions, tellFirst } from '../records.ts';
import { statusLines } from '../view/status-text.ts';
import { toJson } from '../view/text.ts';

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
  const named = await daemonOf(cli, options, 'read');
  if (named !== null) {
    try {
      return await named.status();
    } finally {
      await named.records.close();
    }
  }
  const access = await accessFor(cli, options);
  const facts = await factsOf(cli, access);
  const isHeld = facts.exists && facts.inUse !== false;
  const own = await askOwn(cli, access, isHeld);
  if (own.kind === 'report' && (own.isOwnStore || !facts.exists)) {
    if (!own.isOwnStore) {
      const { where } = own.report.store;
      tellFirst(cli, [`the daemon at ${own.url} works with ${where}; here is no database at ${facts.where}`]);
    }
    return own.report;
  }
  if (facts.fault !== null) {
    // A daemon that waits for its store says so, and one that is not there is worth knowing as well.
    tellFirst(cli, [whyNot(own)]);
    throw facts.fault;
  }
  if (access.fault !== null) {
    tellFirst(cli, [
      `${access.file} is read for its store alone; run from here, it would be refused: ${access.fault}`,
    ]);
  }
  const store = await cli.parts.openStore(access, { mode: 'readonly' });
  try {
    return await reportOfStore({
      now: cli.parts.clock.now(),
      daemon: stateOf(facts, own),
      asked: own.kind === 'silent' && !isHeld ? null : whyNot(own),
      file: access.file,
      sha256: access.sha256,
      where: facts.where,
      watches: access.watches.map(({ name }) => name),
      channels: access.channels.map(({ name }) => name),
      isWhole: access.isWhole,
      store,
    });
  } finally {
    await store?.close();
  }
}

/** Where the store may not even be looked at, a daemon may know all of it. */
async function factsOf(cli: Cli, access: StoreAccess): Promise<StoreFacts & { fault: StoreError | null }> {
  try {
    return { ...(await cli.parts.inspectStore(access, 'readonly')), fault: null };
  } catch (fault) {
    if (!(fault instanceof StoreError)) throw fault;
    return { where: shownPlace(access.store), exists: false, schemaVersion: null, inUse: null, fault };
  }
}

function stateOf({ exists, inUse }: StoreFacts, own: OwnAnswer): 'unknown' | 'silent' | 'not_running' {
  if (!exists) return own.kind === 'refused' ? 'unknown' : 'not_running';
  if (inUse === false) return 'not_running';
  return inUse === null ? 'unknown' : 'silent';
}

function whyNot(own: OwnAnswer): string {
  if (own.kind !== 'report') return own.why;
  return `the one at ${own.url} works with another store, ${own.report.store.where}`;
}
