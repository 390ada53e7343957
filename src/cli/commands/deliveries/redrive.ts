import type { Command } from 'commander';
import type { Redriven } from '../../../views/records/records.ts';
import { type Cli, jsonOption, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../../records.ts';
import { nothingRecorded } from '../../view/listing.ts';
import { count, printable, toJson } from '../../view/text.ts';

interface RedriveOptions extends RecordsOptions {
  givenUp?: true;
  channel?: string;
}

/** Adds `deliveries redrive`: what was given up is owed again. The daemon, or `once`, sends it. */
export function addRedrive(cli: Cli, deliveries: Command): void {
  const command = deliveries
    .command('redrive')
    .description('try deliveries again at once that were given up, or that wait')
    .argument('[id...]', 'which ones: an id as "deliveries" lists it, whole or its beginning')
    .option('--given-up', 'all that were given up')
    .option('--channel <name>', 'with --given-up: only those of this channel')
    .addOption(jsonOption());
  onAction<RedriveOptions>(cli, addRecordsOptions(command), (options, ids) => redrive(cli, options, ids));
}

async function redrive(cli: Cli, options: RedriveOptions, ids: readonly string[]): Promise<number> {
  checkUsage(options, ids);
  const { givenUp, channel = null } = options;
  const came = await withRecords(cli, options, 'readwrite', ({ records }) =>
    records.redrive(givenUp ? { kind: 'given_up', channel } : { kind: 'ids', ids }),
  );
  if (came === null) {
    if (!givenUp) throw nothingRecorded();
    report(cli, options, { redriven: [], refused: [], cutShort: null });
    return 0;
  }
  report(cli, options, came);
  return came.refused.length === 0 && came.cutShort === null ? 0 : 1;
}

function checkUsage({ givenUp, channel }: RedriveOptions, ids: readonly string[]): void {
  if (givenUp && ids.length > 0) throw new UsageError('redrive takes ids or --given-up, not both');
  if (!givenUp && ids.length === 0) {
    throw new UsageError(
      'redrive needs to know which deliveries',
      'Name ids, or say --given-up for all of them.',
    );
  }
  if (!givenUp && channel !== undefined) throw new UsageError('redrive --channel goes with --given-up');
}

function report(cli: Cli, options: RedriveOptions, { redriven, refused, cutShort }: Redriven): void {
  for (const id of refused) {
    cli.err.line(
      `error: ${printable(id)} is not a delivery that was given up or waits (in hand, delivered, held for a digest, or unknown)`,
    );
  }
  if (refused.length > 0)
    cli.err.line(
      'hint: "restore-watcher deliveries" with --status given_up, or pending, lists them with their ids.',
    );
  if (options.json) {
    const { at = null, left = [] } = cutShort ?? {};
    cli.out.line(toJson({ redriven, refused, ...(cutShort && { unknown: at, left }) }));
  } else if (redriven.length > 0) {
    cli.out.line(`${count(redriven.length, 'delivery is', 'deliveries are')} due again.`);
    cli.out.line('A running daemon sends within seconds; otherwise "restore-watcher once" does.');
  } else if (refused.length === 0) cli.out.line('No delivery is given up.');
  if (cutShort !== null) reportCut(cli, cutShort);
}

/** Whoever gives the command again must know where. */
function reportCut({ err }: Cli, { at, left, fault }: NonNullable<Redriven['cutShort']>): void {
  err.line(`error: it ended early: ${printable(fault.message)}`);
  if (fault.hint !== undefined) err.line(`hint: ${printable(fault.hint)}`);
  if (at !== null) err.line(`Whether ${printable(at)} is due again is not known.`);
  if (left.length === 0) return;
  err.line(`${count(left.length, 'delivery is', 'deliveries are')} left as before:`);
  for (const id of left) err.line(`  ${printable(id)}`);
}
