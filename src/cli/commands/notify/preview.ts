import { type Command, Option } from 'commander';
import type { Preview } from '../../../channels/notifier.ts';
import type { ChannelConfig, WatcherConfig } from '../../../config/config.ts';
import { EVENT_NAMES, type EventName, type WatcherEvent } from '../../../domain/event/event.ts';
import { toIso } from '../../../domain/instant.ts';
import { deliveryId } from '../../../domain/telling/owed.ts';
import type { PageRequest, RecordedEvent } from '../../../store/ports/records.ts';
import { resolveJobId } from '../../../views/resolve-id.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { chosenChannels, sampleFor } from '../../sample.ts';
import { collect, readStore } from '../../view/listing.ts';
import { formatInstant, printable, toJson } from '../../view/text.ts';

interface PreviewOptions extends CommonOptions {
  channel?: string;
  event?: EventName;
  job?: string;
  recorded?: true;
}

/** What one channel would be sent. */
interface Shown {
  channel: ChannelConfig;
  event: WatcherEvent;
  isRecorded: boolean;
  preview: Preview;
}

/** Adds `notify preview`: what a channel would send of an event. Nothing is sent. */
export function addNotifyPreview(cli: Cli, notify: Command): void {
  const command = notify
    .command('preview')
    .description('show what the channels would be sent, and send nothing')
    .option('--channel <name>', 'only for this channel')
    .addOption(new Option('--event <name>', 'of an event of this name').choices(EVENT_NAMES))
    .addOption(
      new Option(
        '--job <id>',
        'the latest that is on record of this job (its id whole, its beginning, or 6080…8293)',
      ),
    )
    .option('--recorded', 'of an event on record, and never of a sample')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Shows the latest event on record or, while there is none of that kind, a sample. Nothing secret is shown: no address, no key.

Examples:
  restore-watcher notify preview --channel dba --event failed
  restore-watcher notify preview --job 60800a1b2c3d4e5f60718293 --json`,
    );
  onAction<PreviewOptions>(cli, command, (options) => previewChannels(cli, options));
}

async function previewChannels(cli: Cli, options: PreviewOptions): Promise<number> {
  const config = await cli.parts.loadConfig(options.config);
  const channels = chosenChannels(config, options.channel);
  const recorded = await findRecorded(cli, config, options);
  if (recorded === null && (options.recorded || options.job !== undefined)) {
    if (options.json) cli.out.line(toJson({ items: [] }));
    cli.err.line(nothingRecorded(options));
    return 1;
  }
  const shown = await Promise.all(
    channels.map((channel) => previewOf(cli, config, channel, { recorded, name: options.event ?? 'failed' })),
  );
  if (options.json) cli.out.line(toJson({ items: shown.map(view) }));
  else for (const [index, one] of shown.entries()) print(cli, one, index === 0);
  return 0;
}

/** The latest real event on record that was asked for, else the latest test alert; `null`: there is none. */
async function findRecorded(
  cli: Cli,
  config: WatcherConfig,
  { event: name, job }: PreviewOptions,
): Promise<WatcherEvent | null> {
  const found = await readStore(cli, config, async (store) => {
    const jobId = job === undefined ? undefined : await resolveJobId(store, job);
    const isWanted = ({ event }: RecordedEvent) => name === undefined || event.name === name;
    const read = (page: PageRequest) => store.listEvents({ jobId, ...page });
    const real = await collect(1, read, (one) => isWanted(one) && !one.event.test);
    return real.items.length > 0 ? real : collect(1, read, isWanted);
  });
  return found?.items[0]?.event ?? null;
}

function nothingRecorded({ event, job }: PreviewOptions): string {
  const what = event === undefined ? 'No event' : `No event "${event}"`;
  return `${what}${job === undefined ? '' : ` of job ${printable(job)}`} is on record.`;
}

async function previewOf(
  cli: Cli,
  config: WatcherConfig,
  channel: ChannelConfig,
  { recorded, name }: { recorded: WatcherEvent | null; name: EventName },
): Promise<Shown> {
  const event = recorded ?? sampleFor(cli, config, channel.name, name);
  const notifier = cli.parts.createNotifier(config, channel.name);
  try {
    const preview = await notifier.preview([{ deliveryId: deliveryId(event.id, channel.name), event }]);
    return { channel, event, isRecorded: recorded !== null, preview };
  } finally {
    await notifier.close();
  }
}

function view({ channel, event, isRecorded, preview }: Shown): Record<string, unknown> {
  return {
    channel: channel.name,
    type: channel.type,
    eventId: event.id,
    event: event.name,
    detectedAt: toIso(event.detectedAt),
    from: isRecorded ? 'record' : 'sample',
    content: preview.content,
  };
}

function print({ out }: Cli, { channel, event, isRecorded, preview }: Shown, isFirst: boolean): void {
  const origin = isRecorded ? `on record since ${formatInstant(event.detectedAt)}` : 'a sample';
  const heading = `${channel.name} (${channel.type}): ${event.name}, ${origin}`;
  if (!isFirst) out.line();
  out.line(out.paint('bold', printable(heading)));
  for (const line of preview.text.trimEnd().split('\n')) out.line(printable(line));
}
