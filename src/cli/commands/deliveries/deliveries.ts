import { type Command, Option } from 'commander';
import type { WatcherEvent } from '../../../domain/event/event.ts';
import { isSilence } from '../../../domain/telling/silence.ts';
import { DELIVERY_STATUSES, type Delivery, type DeliveryStatus } from '../../../store/ports/outbox.ts';
import type { ListedDelivery } from '../../../store/ports/records.ts';
import { listedDeliveryView } from '../../../views/views.ts';
import { type Cli, jsonOption, limitOption, onAction } from '../../command.ts';
import { addRecordsOptions, type RecordsOptions, withRecords } from '../../records.ts';
import { pagesOf, printListing, printNothingRecorded, warnOfUnknown } from '../../view/listing.ts';
import type { Colour } from '../../view/output.ts';
import { subjectText } from '../../view/subject.ts';
import { type Column, createTable, type Table } from '../../view/table.ts';
import { formatDistance, printable } from '../../view/text.ts';
import { addRedrive } from './redrive.ts';

interface DeliveriesOptions extends RecordsOptions {
  status?: DeliveryStatus;
  channel?: string;
  limit: number;
}

/** Adds `deliveries`, which lists them, and `deliveries redrive`. */
export function addDeliveries(cli: Cli, program: Command): void {
  const command = program
    .command('deliveries')
    .description('list what is or was owed to the channels, the newest first')
    // What stands after "redrive" belongs to it alone: a filter there must not be taken for one of the list.
    .enablePositionalOptions()
    .addOption(new Option('--status <status>', 'only those in this status').choices(DELIVERY_STATUSES))
    .option('--channel <name>', 'only those of this channel')
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExamples:\n  restore-watcher deliveries --status given_up\n  restore-watcher deliveries redrive --given-up --channel oncall',
    );
  onAction<DeliveriesOptions>(cli, addRecordsOptions(command), (options) => listDeliveries(cli, options));
  addRedrive(cli, command);
}

async function listDeliveries(cli: Cli, options: DeliveriesOptions): Promise<number> {
  const { status, channel, limit } = options;
  const shown = await withRecords(cli, options, 'readonly', ({ records, channels, isWhole }) => {
    warnOfUnknown(cli, 'channel', channel, { known: channels, isWhole });
    const table = createTable();
    return printListing(
      cli,
      options,
      pagesOf(limit, (page) => records.listDeliveries({ status, channel, ...page })),
      {
        empty: emptySentence(options),
        view: listedDeliveryView,
        print: (deliveries) => printDeliveries(cli, table, deliveries),
      },
    );
  });
  if (shown === null) printNothingRecorded(cli, options);
  return 0;
}

function printDeliveries({ out, parts }: Cli, table: Table, deliveries: readonly ListedDelivery[]): void {
  const now = parts.clock.now();
  const columns: Array<Column<ListedDelivery>> = [
    {
      title: 'STATUS',
      value: ({ status }) => status,
      paint: (cell, { status }) => out.paint(COLOURS[status], cell),
    },
    { title: 'EVENT', value: ({ event }) => nameOf(event) },
    { title: 'ABOUT', value: ({ event }) => subjectText(event.subject) },
    { title: 'TRIES', value: triesOf },
    { title: 'WHEN', value: (delivery) => whenOf(delivery, now) },
    { title: 'DELIVERY', value: ({ id }) => id, short: shortDelivery },
  ];
  const lines = table.add(deliveries, columns, out.width);
  for (const title of lines.splice(0, lines.length - deliveries.length)) out.line(title);
  deliveries.forEach((delivery, index) => {
    out.line(lines[index]);
    if (delivery.status !== 'delivered' && delivery.lastDetail !== null) {
      out.line(`    ${printable(delivery.lastDetail)}`);
    }
  });
}

/** What tells its event from others, and to whom: enough to name it by. */
function shortDelivery({ id, eventId }: ListedDelivery): string {
  return `${eventId.slice(0, ENOUGH)}…${id.slice(eventId.length)}`;
}

/** `019d1f2a-3b4c-7d5e-8f60`: the events of a job begin with the same time. */
const ENOUGH = 23;

/** What has not happened must not look as if it had. */
function nameOf({ name, test, reminder }: WatcherEvent): string {
  if (test) return `${name} (test)`;
  return reminder ? `${name} (reminder ${reminder.number})` : name;
}

const COLOURS: Record<DeliveryStatus, Colour> = { pending: 'yellow', delivered: 'green', given_up: 'red' };

/** An attempt that was begun and never ended was cut off: the receiver may have the message twice. */
function triesOf({ attemptsStarted, attemptsFinished, status }: Delivery): string {
  const cutOff = attemptsStarted - attemptsFinished;
  return cutOff > 0 && status !== 'pending'
    ? `${attemptsStarted} (${cutOff} cut off)`
    : String(attemptsStarted);
}

function whenOf(delivery: ListedDelivery, now: number): string {
  const { status, endedAt, heldUntil } = delivery;
  if (status === 'pending' && heldUntil !== null && heldUntil > now)
    return `digest ${formatDistance(heldUntil, now)}`;
  if (status === 'pending') return dueOf(delivery, now);
  return endedAt === null ? '' : formatDistance(endedAt, now);
}

/** What holds it back the longest decides, and is named where that is not its own schedule. */
function dueOf({ nextAttemptAt, quietUntil, behindUntil }: ListedDelivery, now: number): string {
  const silentUntil = quietUntil !== null && isSilence(quietUntil, now) ? quietUntil : 0;
  const at = Math.max(nextAttemptAt, silentUntil, behindUntil ?? 0);
  if (at <= now) return 'due now';
  const due = `due ${formatDistance(at, now)}`;
  if (at === nextAttemptAt) return due;
  return at === silentUntil ? `${due}: silence` : `${due}: after another`;
}

function emptySentence({ status, channel }: DeliveriesOptions): string {
  if (status === 'given_up' && channel === undefined) return 'No delivery is given up.';
  if (status === 'pending' && channel === undefined) return 'Nothing is owed to anybody.';
  return status === undefined && channel === undefined
    ? 'Nothing has been owed to any channel yet.'
    : 'No delivery matches. Without --status and --channel, all of them are listed.';
}
