import { type Command, InvalidArgumentError, Option } from 'commander';
import type { WatcherConfig } from '../../../config/config.ts';
import { HISTORY_LIMIT, type Usuals, usualsFrom } from '../../../domain/job/eta.ts';
import { targetKey, targetOf, type Watch } from '../../../domain/job/watch.ts';
import { StoreError } from '../../../errors.ts';
import type { Expected } from '../../../wait/search.ts';
import type { Verdict } from '../../../wait/verdict.ts';
import { waitForJobs } from '../../../wait/wait.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { EXIT, UsageError } from '../../errors.ts';
import { parseWait } from '../../time.ts';
import { readStore } from '../../view/listing.ts';
import { printable } from '../../view/text.ts';
import { meantIds, readGivenIds } from './named-ids.ts';
import { type PlaceOptions, watchAt } from './place.ts';
import { createBoard } from './wait-board.ts';
import {
  createJsonReporter,
  createLineReporter,
  type WaitContext,
  type WaitReporter,
} from './wait-reporter.ts';

interface WaitOptions extends CommonOptions, PlaceOptions {
  timeout?: number;
  every: number;
  appear?: number;
  expect?: number;
}

const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  finished: EXIT.done,
  nothing: EXIT.done,
  missing: EXIT.failed,
  absent: EXIT.failed,
  failed: 3,
  cancelled: 4,
  expired: 5,
  timed_out: 6,
  // As a shell has it for SIGINT.
  interrupted: 130,
};

const DEFAULT_EVERY_MS = 5_000;

/** Adds `wait`: follows the jobs of a watch in the foreground. The exit code tells how they ended. */
export function addWait(cli: Cli, program: Command): void {
  const command = program
    .command('wait')
    .description('follow restores in the foreground, with progress, until all have ended')
    .argument('<watch>', 'the watch, by its name')
    .argument(
      '[job...]',
      "which jobs (ids whole, their beginning, or 6080…8293); else the watch's restoreJobIds, else all that are running now",
    )
    .addOption(new Option('--timeout <duration>', 'wait no longer than this (2h)').argParser(parseWait))
    .addOption(
      new Option('--every <duration>', 'how often to ask Atlas')
        .argParser(parseWait)
        .default(DEFAULT_EVERY_MS, '5s'),
    )
    .addOption(
      new Option(
        '--appear <duration>',
        'for jobs that are only about to begin: they have so long (5m)',
      ).argParser(parseWait),
    )
    .addOption(
      new Option('--expect <number>', 'wait for so many jobs, those that run and those that begin').argParser(
        parseCount,
      ),
    )
    .option(
      '--project <id>',
      'the project, where the watch follows all of them and the store does not know the jobs',
    )
    .option(
      '--instance <name>',
      'the instance, where the watch follows all of them and the store does not know the jobs',
    )
    .option('--no-store', 'do without the store; history then tells no expected end')
    .addOption(jsonOption())
    .addHelpText('after', EPILOGUE);
  onAction<WaitOptions>(cli, command, (options, [name = '', ...jobIds]) => wait(cli, options, name, jobIds));
}

const EPILOGUE = `
Asks Atlas itself and only reads, so that it may run beside the daemon; nobody is told anything. Faults that pass (the network, 5xx, rate
limits) are told and waited out. With --json, each change is one line of JSON, and the last one is the summary, or the error.

After a start that was only just issued, --appear closes the race: that nothing runs yet, or that Atlas does not know the id yet, is then
no reason to end. --expect says how many jobs there will be (5m to appear, unless --appear says otherwise).

Exit codes: 0 all finished (a download: ready), or nothing is running; 3 failed, 4 cancelled, 5 expired, 6 timed out; 1 for another
reason (a wrong key, no such job, fewer than expected), 2 usage or configuration, 130 interrupted. Of several jobs the worst decides, in the order 3, 4, 5, 1, 6, 0.

Examples:
  restore-watcher wait orders --timeout 2h
  restore-watcher wait orders --expect 3 --appear 5m
  restore-watcher wait orders 60800a1b2c3d4e5f60718293 --json | jq -c .`;

async function wait(
  cli: Cli,
  options: WaitOptions,
  name: string,
  jobIds: readonly string[],
): Promise<number> {
  cli.writesJsonLines = options.json === true;
  // Should nobody read any longer, the waiting ends, and must not look like a restore that finished.
  cli.exitCode = EXIT.failed;
  const given = readGivenIds(jobIds);
  const config = await cli.parts.loadConfig(options.config);
  const watch = await watchAt(cli, { config, name, given }, options);
  const expected = expectedOf(options, given.length > 0 || watch.restoreJobIds.length > 0);
  const usuals: Usuals = options.store ? await readUsuals(cli, config, watch) : new Map();
  const reporter = createReporter(cli, options, { watchName: watch.name, usuals, expected });
  try {
    const report = await cli.parts.inForeground(config, watch, async (source, signal) => {
      const named =
        given.length === 0
          ? watch.restoreJobIds
          : await meantIds(cli, given, { config, usesStore: options.store, source, watch, signal });
      if (named.length === 0) reporter.looking(cli.parts.clock.now());
      return waitForJobs({
        source,
        watch,
        jobIds: named,
        clock: cli.parts.clock,
        pollEveryMs: options.every,
        timeoutMs: options.timeout ?? null,
        expected,
        signal,
        onChange: reporter.onChange,
      });
    });
    const exitCode = EXIT_CODES[report.verdict];
    reporter.end(report, exitCode);
    return exitCode;
  } finally {
    reporter.close();
  }
}

const DEFAULT_APPEAR_MS = 5 * 60_000;

function parseCount(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return value;
}

function expectedOf({ appear, expect }: WaitOptions, isNamed: boolean): Expected | undefined {
  if (expect !== undefined && isNamed) {
    throw new UsageError(
      '--expect is for jobs that are not named',
      'With ids, give --appear: they have so long until Atlas knows them.',
    );
  }
  if (appear === undefined && expect === undefined) return undefined;
  return { count: expect ?? 1, withinMs: appear ?? DEFAULT_APPEAR_MS };
}

/** What is usual there. It only helps to foretell: a store that cannot be read is no reason not to wait. */
async function readUsuals(cli: Cli, config: WatcherConfig, watch: Watch): Promise<Usuals> {
  try {
    const key = targetKey(targetOf(watch));
    const history = await readStore(cli, config, (store) => store.finishedDurations(key, HISTORY_LIMIT));
    return usualsFrom(history ?? []);
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    cli.err.line(`note: no expected end from history: ${printable(thrown.message)}`);
    return new Map();
  }
}

function createReporter(cli: Cli, options: WaitOptions, context: WaitContext): WaitReporter {
  const { stdout, env, clock } = cli.parts;
  if (options.json) return createJsonReporter(cli.out, context);
  const canRedraw = stdout.isTTY === true && env.TERM !== 'dumb';
  return canRedraw ? createBoard(cli.out, { stdout, clock }, context) : createLineReporter(cli.out, context);
}
