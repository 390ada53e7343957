import { type Command, InvalidArgumentError, Option } from 'commander';
import { suggestion } from '../../../closest.ts';
import { parseDuration } from '../../../config/duration.ts';
import { muteScheduleFault } from '../../../config/mute-schedule.ts';
import { EVENT_NAMES, type EventName } from '../../../domain/event/event.ts';
import { matchesGlob } from '../../../domain/telling/glob.ts';
import {
  isInForce,
  isMutable,
  LONGEST_MUTE_MS,
  type Mute,
  type MuteScope,
  nextStart,
  OPEN_SCOPE,
} from '../../../domain/telling/mute.ts';
import { muteView } from '../../../views/mutes.ts';
import { type Cli, jsonOption, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { authorOf } from '../../os-user.ts';
import { addRecordsOptions, type Reach, type RecordsOptions, withRecords } from '../../records.ts';
import { nothingRecorded } from '../../view/listing.ts';
import { coverageText, muteText } from '../../view/mute-text.ts';
import { formatDistance, formatInstant, printable, toJson } from '../../view/text.ts';
import { authorOption, parseText } from './options.ts';

interface AddOptions extends RecordsOptions {
  watch?: string;
  project?: string;
  instance?: string;
  target?: string;
  job?: string;
  label?: Record<string, string>;
  event?: EventName[];
  for: number;
  every?: string;
  timeZone?: string;
  reason: string;
  author?: string;
}

const EXAMPLES = `
Examples:
  restore-watcher mute add --watch orders --for 2h --reason "planned restore drill"
  restore-watcher mute add --target orders-copy --event started finished --for 3d --reason "rehearsals, OPS-17"
  restore-watcher mute add --label team=staging --every "0 0 2 * * 6" --for 4h --reason "weekly refresh"`;

/** Adds `mute add`. */
export function addMuteAdd(cli: Cli, mute: Command): void {
  const add = mute
    .command('add')
    .description('tell nobody of some of what happens, for so long; it is recorded all the same')
    .option('--watch <name>', 'which watch; as in all of these * stands for any characters', parseText)
    .option('--project <id>', 'which project', parseText)
    .option('--instance <name>', 'which instance, restored from or watched', parseText)
    .option('--target <cluster>', 'which cluster that is restored to', parseText)
    .option('--job <id>', 'which restore job, in any form of its id', parseText)
    .option('--label <name=value>', 'which label of a watch; several: all of them', parseLabel)
    .addOption(
      new Option(
        '--event <name...>',
        'only these (default: all but watch_failing and watch_recovered)',
      ).choices(EVENT_NAMES.filter(isMutable)),
    )
    .requiredOption('--for <duration>', 'for how long, such as 2h; 30d at most', parseSpan)
    .option('--every <cron>', 'again and again, each time for so long, until it is removed', parseText)
    .option('--time-zone <zone>', 'IANA zone that --every is read in (default: UTC)', parseText)
    .requiredOption('--reason <text>', 'why; shown wherever somebody asks why nobody was told', parseText)
    .addOption(authorOption())
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES);
  onAction<AddOptions>(cli, addRecordsOptions(add), (options) => addOne(cli, options));
}

async function addOne(cli: Cli, options: AddOptions): Promise<number> {
  const scope = scopeOf(options);
  const author = authorOf(cli, options.author);
  const asked = {
    ...scope,
    forMs: options.for,
    every: everyOf(cli, options),
    author,
    reason: options.reason,
  };
  const added = await withRecords(cli, options, 'readwrite', ({ records, watches, isWhole }) => {
    if (isWhole) requireWatch(watches, scope.watch);
    return records.addMute(asked);
  });
  if (added === null) throw nothingRecorded();
  const { mute, warnings } = added;
  for (const warning of warnings) cli.err.line(`warning: ${printable(warning)}`);
  if (options.json) cli.out.line(toJson({ ...muteView(mute, mute.createdAt), warnings }));
  else printAdded(cli, mute);
  return 0;
}

function scopeOf({ watch, project, instance, target, job, label, event }: AddOptions): MuteScope {
  if ([watch, project, instance, target, job, label].every((part) => part === undefined)) {
    throw new UsageError(
      'nothing says what is muted',
      'Name --watch, --project, --instance, --target, --job or --label; --watch "*" mutes every watch.',
    );
  }
  return {
    watch: watch ?? OPEN_SCOPE.watch,
    project: project ?? null,
    instance: instance ?? null,
    target: target ?? null,
    job: job ?? null,
    labels: label ?? null,
    events: event ? [...new Set(event)] : null,
  };
}

function everyOf({ parts }: Cli, { every, timeZone, for: forMs }: AddOptions) {
  if (every === undefined) {
    if (timeZone !== undefined) throw new UsageError('--time-zone goes with --every');
    return null;
  }
  const schedule = { schedule: every, timeZone: timeZone ?? 'UTC' };
  const fault = muteScheduleFault(schedule, forMs, parts.clock.now());
  if (fault !== null) throw new UsageError(`--every cannot be used: ${fault}`);
  return schedule;
}

function printAdded({ out }: Cli, mute: Mute): void {
  const what = mute.events === null ? '' : `: ${mute.events.join(', ')}`;
  out.line(`Mute ${mute.id}: ${coverageText(mute)}${what} ${muteText(mute)}.`);
  const now = mute.createdAt;
  const next = nextStart(mute, now);
  if (next !== null)
    out.line(`It is in force next from ${formatInstant(next)} (${formatDistance(next, now)}).`);
  if (mute.recurs !== null && isInForce(mute, now)) out.line('It is in force now.');
  out.line('What happens is recorded all the same; "history" shows it. What is owed already is still sent.');
  if (mute.events === null)
    out.line('Should the watch itself fail, people are told: watch_failing is not muted.');
}

/** A slip in the name would mute nothing, and nobody would know before the first page. */
function requireWatch(watches: Reach['watches'], glob: string): void {
  if (watches.some(({ name }) => matchesGlob(glob, name))) return;
  const names = watches.map(({ name }) => name);
  throw new UsageError(
    `no watch is called ${glob}${suggestion(glob, names)}`,
    `Configured are: ${names.join(', ')}.`,
  );
}

function parseSpan(text: string): number {
  const span = parseDuration(text);
  if (span === null || span > LONGEST_MUTE_MS)
    throw new InvalidArgumentError('Expected a duration such as 30m or 2h, 30d at most.');
  return span;
}

function parseLabel(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text.trim()) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Expected a label and its value, such as team=payments.');
  return { ...before, [name]: value };
}
