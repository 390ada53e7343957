import type { Command } from 'commander';
import { muteView } from '../../../views/mutes.ts';
import { type Cli, jsonOption, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { authorOf } from '../../os-user.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../../records.ts';
import { nothingRecorded } from '../../view/listing.ts';
import { coverageText } from '../../view/mute-text.ts';
import { printable, toJson } from '../../view/text.ts';
import { addMuteAdd } from './add.ts';
import { addMuteList } from './list.ts';
import { authorOption } from './options.ts';

interface RemoveOptions extends RecordsOptions {
  author?: string;
}

/** Adds `mute` with `add`, `list` and `remove`. */
export function addMute(cli: Cli, program: Command): void {
  const mute = program.command('mute').description('keep some of what happens from people for a while');
  addMuteAdd(cli, mute);
  addMuteList(cli, mute);
  const remove = mute
    .command('remove')
    .description('end a mute before its time')
    .argument('<id>', 'which one, as listed by "mute list"')
    .addOption(authorOption())
    .addOption(jsonOption());
  onAction<RemoveOptions>(cli, addRecordsOptions(remove), (options, [id = '']) =>
    removeOne(cli, options, id),
  );
}

async function removeOne(cli: Cli, options: RemoveOptions, text: string): Promise<number> {
  const id = parseId(text);
  const author = authorOf(cli, options.author);
  const found = await withRecords(cli, options, 'readwrite', async ({ records }) => ({
    mute: await records.removeMute(id, author),
  }));
  if (found === null) throw nothingRecorded();
  const { mute } = found;
  if (options.json) cli.out.line(toJson({ removed: mute && muteView(mute, cli.parts.clock.now()) }));
  if (mute === null) {
    cli.err.line(`error: no mute ${id} is in force`);
    cli.err.line('hint: "restore-watcher mute list" shows those that are.');
    return 1;
  }
  if (!options.json) cli.out.line(`Mute ${id} is over: people are told again of ${coverageText(mute)}.`);
  return 0;
}

function parseId(text: string): number {
  const [, id] = /^\W*(?:mute\s+)?#?([1-9]\d{0,8})\W*$/i.exec(text) ?? [];
  if (id === undefined)
    throw new UsageError(`${printable(text)} is not the id of a mute`, '"mute list" shows the ids.');
  return Number(id);
}
