import { WatcherError } from '../../errors.ts';

type Key = string | number;

/** Where a page ended: the sort key of its last row, as text that means nothing to anybody else. */
function encodeCursor(key: readonly Key[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The sort key in a cursor; `null` without one. `shape` names the types that belong in it.
 * @throws {WatcherError} code `bad_cursor` for text that was never given out: cursors come back from outside.
 */
export function decodeCursor<const Shape extends ReadonlyArray<'string' | 'number'>>(
  cursor: string | undefined,
  shape: Shape,
): { [I in keyof Shape]: Shape[I] extends 'string' ? string : number } | null {
  if (cursor === undefined) return null;
  const key = parse(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(key) || key.length !== shape.length || shape.some((type, at) => typeof key[at] !== type))
    throw new WatcherError('bad_cursor', 'This cursor is not one that was given out here', {
      hint: 'Begin again without a cursor.',
    });
  // Just checked, element by element.
  return key as unknown as { [I in keyof Shape]: Shape[I] extends 'string' ? string : number };
}

/**
 * Cuts what was read (one row more than asked for) into a page. `readUpTo`: there is no such row, yet there may be more behind this key;
 * `null`: there is not.
 */
export function toPage<Row, T>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly Key[],
  itemOf: (row: Row) => T,
  readUpTo: readonly Key[] | null = null,
): { items: T[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const end = rows.length > limit && last !== undefined ? keyOf(last) : readUpTo;
  return { items: page.map(itemOf), nextCursor: end === null ? null : encodeCursor(end) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
