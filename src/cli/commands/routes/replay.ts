import type { Command } from 'commander';
import type { WatcherEvent } from '../../../domain/event/event.ts';
import { titleOf } from '../../../domain/event/message.ts';
import { watchOf } from '../../../domain/event/subject.ts';
import { type Replayed, ReplayTally, replayEvent } from '../../../domain/explain/replay.ts';
import { type Timestamp, toIso } from '../../../domain/instant.ts';
import type { StoreReader } from '../../../store/store.ts';
import {
  type Cli,
  type CommonOptions,
  jsonOption,
  limitOption,
  onAction,
  timeOption,
} from '../../command.ts';
import { NOTHING_RECORDED, readStore } from '../../view/listing.ts';
import { formatTable } from '../../view/table.ts';
import { count, fold, formatInstant, printable, toJson } from '../../view/text.ts';

interface ReplayOptions extends CommonOptions {
  since: Timestamp;
  until?: Timestamp;
  limit: number;
}

/** A recorded event that another configuration would have told to others. */
interface Difference extends Pick<Replayed, 'more' | 'fewer'> {
  event: WatcherEvent;
}

const PAGE = 500;

/** Adds `routes replay`: whom a configuration would have told of what is on record. Nothing is sent or written. */
export function addReplay(cli: Cli, routes: Command): void {
  const command = routes
    .command('replay')
    .description(
      'put what is on record to the configuration, and say who would have been told; nothing is sent',
    )
    .addOption(timeOption(cli, 'since', 'found at or after this time').makeOptionMandatory())
    .addOption(timeOption(cli, 'until', 'found before this time'))
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
--config names the changed configuration; what was told is read from its store.url. The events are as they were recorded: what a configuration would make of Atlas
anew (other watches, other limits) cannot be told. Reminders, test alerts and fallbacks are left out. --limit is for the differences shown.

Examples:
  restore-watcher routes replay --since 30d
  restore-watcher routes replay --since 30d --config new.config.json --json`,
    );
  onAction<ReplayOptions>(cli, command, (options) => replay(cli, options));
}

async function replay(cli: Cli, options: ReplayOptions): Promise<number> {
  const config = await cli.parts.loadConfig(options.config);
  const by = { ...config, channels: config.channels.map(({ name }) => name) };
  const tally = new ReplayTally(by);
  const shown: Difference[] = [];
  const found = await readStore(cli, config, async (store) => {
    const mutes = await store.listMutes({});
    for await (const recorded of eventsOf(store, options)) {
      const replayed = replayEvent(recorded, by, mutes);
      tally.add(replayed);
      const { more, fewer } = replayed;
      if (more.length + fewer.length > 0 && shown.length < options.limit) {
        shown.push({ event: recorded.event, more, fewer });
      }
    }
    return true;
  });
  if (options.json) cli.out.line(toJson(replayView(options, tally, shown, config.file)));
  else if (found === null) cli.out.line(NOTHING_RECORDED);
  else printReplay(cli, tally, shown, config.file);
  return 0;
}

/** Page by page, the newest first: however many there are, few are in memory. */
async function* eventsOf(store: StoreReader, { since, until }: ReplayOptions) {
  let cursor: string | undefined;
  do {
    const page = await store.listEvents({ since, until, onlyHappened: true, limit: PAGE, cursor });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

function replayView(
  { since, until }: ReplayOptions,
  tally: ReplayTally,
  differences: readonly Difference[],
  file: string,
): object {
  return {
    config: file,
    since: toIso(since),
    until: until === undefined ? null : toIso(until),
    events: tally.events,
    differing: tally.differing,
    unwatched: tally.unwatched,
    channels: [...tally.channels].map(([channel, counts]) => ({ channel, ...counts })),
    routes: tally.routes.map((events, route) => ({ route, events })),
    differences: differences.map(({ event, more, fewer }) => ({
      ...{ id: event.id, event: event.name, severity: event.severity, watch: watchOf(event) },
      ...{ detectedAt: toIso(event.detectedAt), summary: titleOf(event), more, fewer },
    })),
    hasMore: tally.differing > differences.length,
  };
}

function printReplay(
  { out }: Cli,
  tally: ReplayTally,
  differences: readonly Difference[],
  file: string,
): void {
  const { events, differing, unwatched } = tally;
  const lines = (text: string): void => {
    for (const line of fold(printable(text), out.foldWidth)) out.line(line);
  };
  lines(
    `${count(events, 'event')} put to ${file}: ${differing === 0 ? 'everybody would have been told as it was' : `${count(differing, 'event')} would have been told otherwise`}. Nothing was sent.`,
  );
  if (unwatched > 0)
    lines(`Of these, ${count(unwatched, 'event')} of watches that it does not have: nobody.`);
  const number = (value: number): string => String(value);
  const table = formatTable(
    [...tally.channels],
    [
      { title: 'CHANNEL', value: ([channel]) => channel, shrinks: true },
      { title: 'TOLD THEN', value: ([, { told }]) => number(told) },
      { title: 'WOULD BE', value: ([, { now }]) => number(now) },
      { title: 'MORE', value: ([, { more }]) => (more === 0 ? '' : `+${more}`) },
      { title: 'FEWER', value: ([, { fewer }]) => (fewer === 0 ? '' : `-${fewer}`) },
    ],
    out.width,
  );
  for (const line of ['', ...table]) out.line(line);
  const idle = tally.routes.flatMap((taken, route) => (taken === 0 ? [`routes[${route}]`] : []));
  if (idle.length > 0 && events > 0) {
    out.line();
    lines(`Would have taken nothing: ${idle.join(', ')}`);
  }
  for (const { event, more, fewer } of differences) {
    out.line();
    lines(`${formatInstant(event.detectedAt)}  ${event.name}  ${titleOf(event)}`);
    const signs = [...more.map((channel) => `+ ${channel}`), ...fewer.map((channel) => `- ${channel}`)];
    out.line(`    ${printable(signs.join('  '))}`);
  }
  if (differing === differences.length) return;
  out.line();
  lines(`There are more than these ${differences.length}: --limit shows them.`);
}
