import type { WatcherConfig } from '../../config/config.ts';
import { StoreError } from '../../errors.ts';
import type { PageRequest, Rows } from '../../store/ports/records.ts';
import type { StoreReader } from '../../store/store.ts';
import type { View } from '../../views/views.ts';
import type { Cli, CommonOptions } from '../command.ts';
import { printable, toJson } from './text.ts';

/** What a listing shows, in portions that are printed as they come. Returns whether there is more than was asked for. */
export type Listing<T> = AsyncGenerator<readonly T[], boolean>;

type Read<T> = (page: PageRequest) => Promise<Rows<T>>;
type Keep<T> = (row: T) => boolean;

const PAGE_SIZE = 500;

/** The first `limit` rows, a page at a time. */
export async function* pagesOf<T>(limit: number, read: Read<T>): Listing<T> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const page = await read({ limit: Math.min(PAGE_SIZE, left + 1), cursor });
    if (left > 0 && page.items.length > 0) yield page.items.slice(0, left);
    if (page.items.length > left) return true;
    left -= page.items.length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return false;
}

/** What is at hand already. */
export async function* allAtOnce<T>(items: readonly T[], hasMore = false): Listing<T> {
  if (items.length > 0) yield items;
  return hasMore;
}

/** So many rows at most are held at once where the last that is read is to be shown first. */
const PORTION = 5_000;

/**
 * The first `limit` rows that are kept, in portions, those that are read last first. What goes beyond a portion is read twice: to find where
 * each one begins, and then from the end, so that no more than two portions are held at once.
 */
export async function* portionsFromEnd<T>(limit: number, read: Read<T>, keep: Keep<T>): Listing<T> {
  const first = await collect(Math.min(PORTION, limit), read, keep);
  const later: Array<{ cursor: string; size: number }> = [];
  let left = limit - first.items.length;
  let { next } = first;
  while (next !== undefined && left > 0) {
    const portion: Collected<T> = await collect(Math.min(PORTION, left), read, keep, next);
    later.push({ cursor: next, size: portion.items.length });
    left -= portion.items.length;
    next = portion.next;
  }
  const hasMore = next !== undefined && (await collect(1, read, keep, next)).items.length > 0;
  for (const { cursor, size } of later.toReversed())
    if (size > 0) yield (await collect(size, read, keep, cursor)).items;
  if (first.items.length > 0) yield first.items;
  return hasMore;
}

/** Rows, and where to go on; `next` is left out at the end. */
interface Collected<T> {
  items: T[];
  next?: string | undefined;
}

/** Reads pages until `limit` rows are kept; never further. */
export async function collect<T>(
  limit: number,
  read: Read<T>,
  keep: Keep<T> = () => true,
  from?: string,
): Promise<Collected<T>> {
  const items: T[] = [];
  let next = from;
  do {
    const page = await read({ limit: Math.min(PAGE_SIZE, limit - items.length), cursor: next });
    items.push(...page.items.filter(keep));
    next = page.nextCursor ?? undefined;
  } while (next !== undefined && items.length < limit);
  return { items, next };
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

/** How a listing is printed. */
export interface ListingWords<T> {
  /** A sentence, when there is nothing. */
  empty: string;
  /** A row in JSON. */
  view: (item: T) => View;
  /** Prints the rows of a portion. */
  print: (items: readonly T[], portion: { isFirst: boolean }) => void;
  /** Called behind the last portion, when there was any. */
  end?: () => void;
}

/** Prints a listing as it comes: JSON when asked for, else what the words make of it. Returns how many rows there were. */
export async function printListing<T>(
  cli: Cli,
  options: CommonOptions,
  listing: Listing<T>,
  words: ListingWords<T>,
): Promise<number> {
  const { out } = cli;
  let shown = 0;
  let step = await listing.next();
  for (; !step.done; step = await listing.next()) {
    if (options.json) out.write(jsonRows(step.value.map(words.view), shown === 0));
    else words.print(step.value, { isFirst: shown === 0 });
    shown += step.value.length;
    await out.flush();
  }
  const hasMore = step.value;
  if (options.json) {
    if (shown === 0) out.line(toJson({ items: [], hasMore }));
    else out.line(`\n  ],\n  "hasMore": ${hasMore}\n}`);
  } else if (shown === 0) {
    out.line(words.empty);
  } else {
    words.end?.();
    if (hasMore) out.line(`\nThere are more than these ${shown}: --limit shows them.`);
  }
  return shown;
}

/** The rows as they stand in the whole, without its end. */
function jsonRows(rows: readonly View[], isFirst: boolean): string {
  const texts = rows.map((row) => `\n${toJson(row)}`.replaceAll('\n', '\n    '));
  return `${isFirst ? '{\n  "items": [' : ','}${texts.join(',')}`;
}

/** Says that there is no database yet. */
export function printNothingRecorded(cli: Cli, options: CommonOptions): void {
  cli.out.line(options.json ? toJson({ items: [], hasMore: false }) : NOTHING_RECORDED);
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
