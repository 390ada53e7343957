import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../../config/duration.ts';
import { EVENT_NAMES, type EventName } from '../../../domain/event/event.ts';
import { matchesGlob } from '../../../domain/telling/glob.ts';
import { isMutable, LONGEST_MUTE_MS, type Mute } from '../../../domain/telling/mute.ts';
import { muteView } from '../../../views/views.ts';
import { type Cli, jsonOption, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { osUser } from '../../os-user.ts';
import { addRecordsOptions, type Reach, type RecordsOptions, withRecords } from '../../records.ts';
import { NOTHING_RECORDED } from '../../view/listing.ts';
import { muteText } from '../../view/mute-text.ts';
import { printable, toJson } from '../../view/text.ts';
import { addMuteList } from './list.ts';

interface AddOptions extends RecordsOptions {
  watch: string;
  event?: EventName[];
  for: number;
  reason: string;
  author?: string;
}

interface RemoveOptions extends RecordsOptions {
  author?: string;
}

/** Adds `mute` with `add`, `list` and `remove`. */
export function addMute(cli: Cli, program: Command): void {
  const mute = program.command('mute').description('keep what happens on a watch from people for a while');
  const add = mute
    .command('add')
    .description('tell nobody of what happens on a watch, for so long; it is recorded all the same')
    .requiredOption('--watch <name>', 'which watch, or several: * stands for any characters', parseText)
    .addOption(
      new Option(
        '--event <name...>',
        'only these (default: all but watch_failing and watch_recovered)',
      ).choices(EVENT_NAMES.filter(isMutable)),
    )
    .requiredOption('--for <duration>', 'for how long, such as 2h; 30d at most', parseSpan)
    .requiredOption('--reason <text>', 'why; shown wherever somebody asks why nobody was told', parseText)
    .addOption(authorOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  restore-watcher mute add --watch orders --for 2h --reason "planned restore drill"\n  restore-watcher mute add --watch "staging-*" --event stalled --for 3d --reason "slow disks, OPS-17"',
    );
  onAction<AddOptions>(cli, addRecordsOptions(add), (options) => addOne(cli, options));
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

async function addOne(cli: Cli, options: AddOptions): Promise<number> {
  const { watch, event, reason, author = osUser() } = options;
  const events = event ? [...new Set(event)] : null;
  const mute = await withRecords(cli, options, 'readwrite', ({ records, watches }) => {
    requireWatch(watches, watch);
    return records.addMute({ watch, events, forMs: options.for, author, reason });
  });
  if (mute === null) return nothingRecorded(cli);
  if (options.json) cli.out.line(toJson(muteView(mute, mute.createdAt)));
  else printAdded(cli, mute);
  return 0;
}

async function removeOne(cli: Cli, options: RemoveOptions, text: string): Promise<number> {
  const id = parseId(text);
  const found = await withRecords(cli, options, 'readwrite', async ({ records }) => ({
    mute: await records.removeMute(id, options.author ?? osUser()),
  }));
  if (found === null) return nothingRecorded(cli);
  const { mute } = found;
  if (options.json) cli.out.line(toJson({ removed: mute && muteView(mute, cli.parts.clock.now()) }));
  if (mute === null) {
    cli.err.line(`error: no mute ${id} is in force`);
    cli.err.line('hint: "restore-watcher mute list" shows those that are.');
    return 1;
  }
  if (!options.json) cli.out.line(`Mute ${id} is over: people are told again of ${printable(mute.watch)}.`);
  return 0;
}

function nothingRecorded(cli: Cli): number {
  cli.err.line(NOTHING_RECORDED);
  return 1;
}

function printAdded({ out }: Cli, mute: Mute): void {
  const what = mute.events === null ? '' : `: ${mute.events.join(', ')}`;
  out.line(`Mute ${mute.id}: ${printable(mute.watch)}${what} ${muteText(mute)}.`);
  out.line('What happens is recorded all the same; "history" shows it. What is owed already is still sent.');
  if (mute.events === null)
    out.line('Should the watch itself fail, people are told: watch_failing is not muted.');
}

/** A slip in the name would mute nothing, and nobody would know before the first page. */
function requireWatch(watches: Reach['watches'], glob: string): void {
  // Of a file that cannot be read the names may be missing.
  if (watches.length === 0) return;
  if (watches.some(({ name }) => matchesGlob(glob, name))) return;
  const names = watches.map(({ name }) => name).join(', ');
  throw new UsageError(`no watch is called ${glob}`, `Configured are: ${names}.`);
}

function authorOption(): Option {
  return new Option('--author <name>', "who does it (default: the system's user)").argParser(parseText);
}

function parseSpan(text: string): number {
  const span = parseDuration(text);
  if (span === null || span > LONGEST_MUTE_MS)
    throw new InvalidArgumentError('Expected a duration such as 30m or 2h, 30d at most.');
  return span;
}

function parseText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidArgumentError('It must not be empty.');
  return trimmed;
}

function parseId(text: string): number {
  const [, id] = /^\W*(?:mute\s+)?#?([1-9]\d{0,8})\W*$/i.exec(text) ?? [];
  if (id === undefined)
    throw new UsageError(`${printable(text)} is not the id of a mute`, '"mute list" shows the ids.');
  return Number(id);
}
