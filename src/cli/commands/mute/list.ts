import type { Command } from 'commander';
import { endOf, isInForce, isOver, type Mute, nextStart } from '../../../domain/telling/mute.ts';
import { muteView } from '../../../views/mutes.ts';
import { type Cli, jsonOption, onAction } from '../../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../../records.ts';
import { allAtOnce, printListing, printNothingRecorded } from '../../view/listing.ts';
import { coverageText, recurrenceText } from '../../view/mute-text.ts';
import { type Column, formatTable } from '../../view/table.ts';
import { formatDistance, formatInstant } from '../../view/text.ts';

interface ListOptions extends RecordsOptions {
  all?: true;
}

/** Adds `mute list`: the mutes that are in force; with `--all` those that are over too. */
export function addMuteList(cli: Cli, mute: Command): void {
  const command = mute
    .command('list')
    .description('list the mutes that are in force or will come round, the newest first')
    .option('--all', 'also those that are over')
    .addOption(jsonOption());
  onAction<ListOptions>(cli, addRecordsOptions(command), (options) => listMutes(cli, options));
}

async function listMutes(cli: Cli, options: ListOptions): Promise<number> {
  const now = cli.parts.clock.now();
  const mutes = await withRecords(cli, options, 'readonly', ({ records }) =>
    records.listMutes({ openAt: options.all ? undefined : now }),
  );
  if (mutes === null) {
    printNothingRecorded(cli, options);
    return 0;
  }
  await printListing(cli, options, allAtOnce(mutes), {
    empty: options.all ? 'Nothing has been muted yet.' : 'No mute is in force.',
    view: (mute) => muteView(mute, now),
    print: (items) => {
      for (const line of formatTable(items, columnsOf(options, now), cli.out.width)) cli.out.line(line);
    },
  });
  return 0;
}

function columnsOf({ all }: ListOptions, now: number): Array<Column<Mute>> {
  return [
    { title: 'ID', value: ({ id }) => String(id) },
    ...(all ? [{ title: 'STATE', value: (mute: Mute) => stateOf(mute, now) }] : []),
    { title: 'COVERS', value: coverageText, shrinks: true },
    { title: 'EVENTS', value: ({ events }) => events?.join(', ') ?? 'all', shrinks: true },
    { title: 'UNTIL', value: (mute) => timeOf(mute, now), folds: true },
    { title: 'BY', value: ({ author }) => author },
    { title: 'REASON', value: ({ reason }) => reason, shrinks: true },
  ];
}

function stateOf(mute: Mute, now: number): string {
  if (mute.removed) return `removed ${formatInstant(mute.removed.at)} by ${mute.removed.by}`;
  if (isOver(mute, now)) return 'over';
  return isInForce(mute, now) ? 'in force' : 'waits';
}

/** Until when it is in force, or from when on it is next. */
function timeOf(mute: Mute, now: number): string {
  const away = (at: number): string => `${formatInstant(at)} (${formatDistance(at, now)})`;
  const end = endOf(mute, now) ?? mute.until;
  if (mute.recurs === null) return end === null ? '' : away(end);
  if (isOver(mute, now)) return recurrenceText(mute.recurs);
  const next = nextStart(mute, now);
  const when = end !== null ? away(end) : next === null ? 'not within a year' : `from ${away(next)}`;
  return `${when}, ${recurrenceText(mute.recurs)}`;
}
