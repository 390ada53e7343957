import type { Command } from 'commander';
import { isInForce, type Mute } from '../../../domain/telling/mute.ts';
import { muteView } from '../../../views/views.ts';
import { type Cli, jsonOption, onAction } from '../../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../../records.ts';
import { printListing } from '../../view/listing.ts';
import { type Column, formatTable } from '../../view/table.ts';
import { formatDistance, formatInstant } from '../../view/text.ts';

interface ListOptions extends RecordsOptions {
  all?: true;
}

/** Adds `mute list`: the mutes that are in force; with `--all` those that are over too. */
export function addMuteList(cli: Cli, mute: Command): void {
  const command = mute
    .command('list')
    .description('list the mutes that are in force, the newest first')
    .option('--all', 'also those that are over')
    .addOption(jsonOption());
  onAction<ListOptions>(cli, addRecordsOptions(command), (options) => listMutes(cli, options));
}

async function listMutes(cli: Cli, options: ListOptions): Promise<number> {
  const now = cli.parts.clock.now();
  const mutes = await withRecords(cli, options, 'readonly', ({ records }) =>
    records.listMutes({ inForceAt: options.all ? undefined : now }),
  );
  printListing(cli, options, mutes && { items: mutes, hasMore: false }, {
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
    { title: 'WATCH', value: ({ watch }) => watch },
    { title: 'EVENTS', value: ({ events }) => events?.join(', ') ?? 'all', shrinks: true },
    { title: 'UNTIL', value: ({ until }) => `${formatInstant(until)} (${formatDistance(until, now)})` },
    { title: 'BY', value: ({ author }) => author },
    { title: 'REASON', value: ({ reason }) => reason, shrinks: true },
  ];
}

function stateOf(mute: Mute, now: number): string {
  if (mute.removed) return `removed ${formatInstant(mute.removed.at)} by ${mute.removed.by}`;
  return isInForce(mute, now) ? 'in force' : 'over';
}
