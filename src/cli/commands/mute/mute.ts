import { type Command, InvalidArgumentError, Option } from 'commander';
import type { WatcherConfig } from '../../../config/config.ts';
import { parseDuration } from '../../../config/duration.ts';
import { EVENT_NAMES, type EventName } from '../../../domain/event/event.ts';
import { matchesGlob } from '../../../domain/telling/glob.ts';
import { isMutable, type Mute } from '../../../domain/telling/mute.ts';
import type { MuteStore } from '../../../store/ports/mutes.ts';
import { muteView } from '../../../views/views.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { osUser } from '../../os-user.ts';
import { NOTHING_RECORDED } from '../../view/listing.ts';
import { muteText } from '../../view/mute-text.ts';
import { printable, toJson } from '../../view/text.ts';
import { addMuteList } from './list.ts';

interface AddOptions extends CommonOptions {
  watch: string;
  event?: EventName[];
  for: number;
  reason: string;
  author?: string;
}

interface RemoveOptions extends CommonOptions {
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
  onAction<AddOptions>(cli, add, (options) => addOne(cli, options));
  addMuteList(cli, mute);
  const remove = mute
    .command('remove')
    .description('end a mute before its time')
    .argument('<id>', 'which one, as listed by "mute list"')
    .addOption(authorOption())
    .addOption(jsonOption());
  onAction<RemoveOptions>(cli, remove, (options, [id = '']) => removeOne(cli, options, id));
}

async function addOne(cli: Cli, options: AddOptions): Promise<number> {
  const { watch, event, reason, author = osUser() } = options;
  const config = await cli.parts.loadConfig(options.config);
  requireWatch(config, watch);
  const createdAt = cli.parts.clock.now();
  const until = createdAt + options.for;
  const events = event ? [...new Set(event)] : null;
  return withStore(cli, config, async (store) => {
    const mute = await store.addMute({ watch, events, createdAt, until, author, reason });
    if (options.json) cli.out.line(toJson(muteView(mute, createdAt)));
    else printAdded(cli, mute);
    return 0;
  });
}

async function removeOne(cli: Cli, options: RemoveOptions, text: string): Promise<number> {
  const id = parseId(text);
  const config = await cli.parts.loadConfig(options.config);
  return withStore(cli, config, async (store) => {
    const now = cli.parts.clock.now();
    const mute = await store.removeMute(id, now, options.author ?? osUser());
    if (options.json) cli.out.line(toJson({ removed: mute && muteView(mute, now) }));
    if (mute === null) {
      cli.err.line(`error: no mute ${id} is in force`);
      cli.err.line('hint: "restore-watcher mute list" shows those that are.');
      return 1;
    }
    if (!options.json) cli.out.line(`Mute ${id} is over: people are told again of ${printable(mute.watch)}.`);
    return 0;
  });
}

function printAdded({ out }: Cli, mute: Mute): void {
  const what = mute.events === null ? '' : `: ${mute.events.join(', ')}`;
  out.line(`Mute ${mute.id}: ${printable(mute.watch)}${what} ${muteText(mute)}.`);
  out.line('What happens is recorded all the same; "history" shows it. What is owed already is still sent.');
  if (mute.events === null)
    out.line('Should the watch itself fail, people are told: watch_failing is not muted.');
}

/** A slip in the name would mute nothing, and nobody would know before the first page. */
function requireWatch({ watches }: WatcherConfig, glob: string): void {
  if (watches.some(({ name }) => matchesGlob(glob, name))) return;
  const names = watches.map(({ name }) => name).join(', ');
  throw new UsageError(`no watch is called ${glob}`, `Configured are: ${names}.`);
}

/** Opens the store to write, beside a daemon that may be running. */
async function withStore(
  cli: Cli,
  config: WatcherConfig,
  work: (store: MuteStore) => Promise<number>,
): Promise<number> {
  const store = await cli.parts.openStore(config, { mode: 'readwrite' });
  if (store === null) {
    cli.err.line(NOTHING_RECORDED);
    return 1;
  }
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function authorOption(): Option {
  return new Option('--author <name>', "who does it (default: the system's user)").argParser(parseText);
}

/** Longer than that is no pause but a change of routes. */
const LONGEST_MUTE_MS = 30 * 86_400_000;

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
