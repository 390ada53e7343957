import type { Command } from 'commander';
import type { RecordReader } from '../../../store/ports/records.ts';
import { resolveDeliveryId } from '../../../views/resolve-id.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { NOTHING_RECORDED } from '../../view/listing.ts';
import { count, printable, toJson } from '../../view/text.ts';

interface RedriveOptions extends CommonOptions {
  givenUp?: true;
  channel?: string;
}

const PAGE_SIZE = 500;

/** Adds `deliveries redrive`: what was given up is owed again. The daemon, or `once`, sends it. */
export function addRedrive(cli: Cli, deliveries: Command): void {
  const command = deliveries
    .command('redrive')
    .description('try deliveries again at once that were given up, or that wait')
    .argument('[id...]', 'which ones: an id as "deliveries" lists it, whole or its beginning')
    .option('--given-up', 'all that were given up')
    .option('--channel <name>', 'with --given-up: only those of this channel')
    .addOption(jsonOption());
  onAction<RedriveOptions>(cli, command, (options, ids) => redrive(cli, options, ids));
}

async function redrive(cli: Cli, options: RedriveOptions, ids: readonly string[]): Promise<number> {
  checkUsage(options, ids);
  const config = await cli.parts.loadConfig(options.config);
  const store = await cli.parts.openStore(config, { mode: 'readwrite' });
  if (store === null) {
    cli.err.line(NOTHING_RECORDED);
    return options.givenUp ? 0 : 1;
  }
  try {
    const which = options.givenUp ? await givenUpOf(store, options.channel) : await resolved(store, ids);
    const redriven = await store.redrive(which, cli.parts.clock.now());
    const refused = which === 'given_up' ? [] : which.filter((id) => !redriven.includes(id));
    report(cli, options, redriven, refused);
    return refused.length === 0 ? 0 : 1;
  } finally {
    await store.close();
  }
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

async function resolved(store: RecordReader, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) found.push(await resolveDeliveryId(store, id));
  return [...new Set(found)];
}

/** One channel's given-up deliveries by id, or the store's own word for all of them. */
async function givenUpOf(store: RecordReader, channel: string | undefined): Promise<string[] | 'given_up'> {
  if (channel === undefined) return 'given_up';
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listDeliveries({ channel, status: 'given_up', limit: PAGE_SIZE, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

function report(
  cli: Cli,
  options: RedriveOptions,
  redriven: readonly string[],
  refused: readonly string[],
): void {
  for (const id of refused) {
    cli.err.line(
      `error: ${printable(id)} is not a delivery that was given up or waits (in hand, delivered, held for a digest, or unknown)`,
    );
  }
  if (refused.length > 0)
    cli.err.line(
      'hint: "restore-watcher deliveries" with --status given_up, or pending, lists them with their ids.',
    );
  if (options.json) cli.out.line(toJson({ redriven, refused }));
  else if (redriven.length > 0) {
    cli.out.line(`${count(redriven.length, 'delivery is', 'deliveries are')} due again.`);
    cli.out.line('A running daemon sends within seconds; otherwise "restore-watcher once" does.');
  } else if (refused.length === 0) cli.out.line('No delivery is given up.');
}
