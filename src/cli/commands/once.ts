import type { Command } from 'commander';
import type { OnceReport } from '../../watcher/once/report.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../command.ts';
import { formatTable } from '../view/table.ts';
import { count, printable, toJson } from '../view/text.ts';

interface OnceOptions extends CommonOptions {
  /** `false` with `--no-store`. */
  store: boolean;
}

/** Adds `once`: one poll of every watch, and one go at what is due. */
export function addOnce(cli: Cli, program: Command): void {
  const command = program
    .command('once')
    .description('poll every watch once, deliver what is due, and exit (for cron, CI, a Kubernetes CronJob)')
    .option('--no-store', 'only look: nothing is compared, recorded or sent; may run beside a daemon')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExits with 1 when a watch could not be polled or something stays owed; what is owed is kept for the next run.',
    );
  onAction<OnceOptions>(cli, command, async (options) => {
    const config = await cli.parts.loadConfig(options.config);
    const report = await (options.store ? cli.parts.runOnce(config) : cli.parts.lookOnce(config));
    if (options.json) cli.out.line(toJson(report));
    else {
      printWatches(cli, report);
      if (options.store) printResults(cli, report);
      else cli.out.line('\nNothing was recorded, and nobody was told.');
    }
    return report.isComplete ? 0 : 1;
  });
}

function printWatches({ out }: Cli, { watches }: OnceReport): void {
  const watchColumns = [
    { title: 'WATCH', value: ({ watch }: OnceReport['watches'][number]) => watch },
    { title: 'JOBS', value: ({ jobs }: OnceReport['watches'][number]) => String(jobs) },
    { title: 'STATES', value: stateWords, shrinks: true },
    { title: 'POLL', value: pollWords, shrinks: true },
  ];
  for (const line of formatTable(watches, watchColumns, out.width)) out.line(line);
  const hints = new Set(watches.flatMap(({ fault }) => fault?.hint ?? []));
  for (const hint of hints) out.line(`hint: ${printable(hint)}`);
}

function printResults({ out }: Cli, { watches, channels }: OnceReport): void {
  const events = watches.flatMap((watch) => watch.events);
  out.line(`\n${events.length === 0 ? 'Nothing has changed.' : `${count(events.length, 'event')}:`}`);
  for (const event of events) out.line(`  ${printable(event)}`);

  if (channels.length === 0) return;
  const channelColumns = [
    { title: 'CHANNEL', value: ({ channel }: OnceReport['channels'][number]) => channel },
    { title: 'SENDS', value: sendWords },
  ];
  out.line();
  for (const line of formatTable(channels, channelColumns, out.width)) out.line(line);
}

function stateWords({ states }: OnceReport['watches'][number]): string {
  return Object.entries(states)
    .map(([state, jobs]) => `${jobs} ${state.replaceAll('_', ' ')}`)
    .join(', ');
}

function pollWords({ fault, events }: OnceReport['watches'][number]): string {
  return fault === null ? `ok, ${count(events.length, 'event')}` : `failed: ${fault.message}`;
}

function sendWords(channel: OnceReport['channels'][number]): string {
  const { tried, stillOwed, held, givenUp, isHanging, fault } = channel;
  if (fault !== null) return `failed: ${fault}`;
  const words = [
    tried === 0 ? 'nothing was due' : `${tried} tried`,
    ...(givenUp > 0 ? [`${givenUp} given up`] : []),
    ...(stillOwed > 0 ? [`${stillOwed} still owed`] : []),
    ...(held > 0 ? [`${held} for the next digest`] : []),
    ...(isHanging ? ['no answer in time: left for the next run'] : []),
  ];
  return words.join(', ');
}
