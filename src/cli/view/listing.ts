import type { WatcherConfig } from '../../config/config.ts';
import { StoreError } from '../../errors.ts';
import type { PageRequest, Rows } from '../../store/ports/records.ts';
import type { StoreReader } from '../../store/store.ts';
import type { View } from '../../views/views.ts';
import type { Cli, CommonOptions } from '../command.ts';
import { printable, toJson } from './text.ts';

/** What a listing shows. */
export interface Listing<T> {
  items: T[];
  /** There are more than were asked for. */
  hasMore: boolean;
}

const NOTHING: Listing<never> = { items: [], hasMore: false };
const PAGE_SIZE = 500;

/** Reads pages until `limit` rows are kept. */
export async function collect<T>(
  limit: number,
  read: (page: PageRequest) => Promise<Rows<T>>,
  keep: (row: T) => boolean = () => true,
): Promise<Listing<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit: Math.min(PAGE_SIZE, limit + 1), cursor });
    items.push(...page.items.filter(keep));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length <= limit);
  return { items: items.slice(0, limit), hasMore: items.length > limit };
}

/**
 * Opens the store to read, lets `read` use it, and closes it again. While there is no database, nothing has been recorded: `null`.
 * @throws {StoreError}
 */
export async function readStore<T>(
  cli: Cli,
  config: WatcherConfig,
  read: (store: StoreReader) => Promise<T>,
): Promise<T | null> {
  const store = await cli.parts.openStore(config, { mode: 'readonly' });
  if (store === null) return null;
  try {
    return await read(store);
  } finally {
    await store.close();
  }
}

/** Prints a listing: JSON when asked for, else what `print` makes of it, or a sentence when there is nothing. `null`: no database. */
export function printListing<T>(
  cli: Cli,
  options: CommonOptions,
  found: Listing<T> | null,
  words: { empty: string; view: (item: T) => View; print: (items: readonly T[]) => void },
): void {
  const { items, hasMore } = found ?? NOTHING;
  if (options.json) {
    cli.out.line(toJson({ items: items.map(words.view), hasMore }));
  } else if (items.length > 0) {
    words.print(items);
    if (hasMore) cli.out.line(`\nThere are more than these ${items.length}: --limit shows them.`);
  } else {
    cli.out.line(found === null ? NOTHING_RECORDED : words.empty);
  }
}

export const NOTHING_RECORDED =
  'Nothing is recorded yet: there is no database. "restore-watcher run" (or "once") makes it at its first poll.';

/** What whoever wants to change something of the record is told where there is none; with `--json` as an error. */
export function nothingRecorded(): StoreError {
  return new StoreError('unavailable', 'nothing is recorded yet: there is no database', {
    hint: '"restore-watcher run" (or "once") makes it at its first poll.',
  });
}

/** `--watch` and `--channel` name something of the configuration; a name that is certainly not there deserves a word. */
export function warnOfUnknown(
  cli: Cli,
  what: 'watch' | 'channel',
  name: string | undefined,
  { known, isWhole }: { known: ReadonlyArray<{ name: string }>; isWhole: boolean },
): void {
  if (name === undefined || !isWhole || known.some((each) => each.name === name)) return;
  const names = known.map((each) => each.name).join(', ');
  cli.err.line(
    `note: no ${what} ${printable(name)} is configured${names === '' ? '' : ` (there are: ${names})`}`,
  );
}
