import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Database } from '../schema.ts';

type Value = string | number | null;

/** Rows in one statement at most. More gain nothing. */
const MOST_ROWS = 64;

/** Writes rows, in their order; returns what the statement returns of them. However many there are, no statement holds too many. */
type KeptRows<Row, Returned> = (db: Kysely<Database>, rows: readonly Row[]) => Promise<Returned[]>;

/**
 * Keeps a statement that writes rows compiled, for each number of rows that it is run with: a power of two always, so that there are
 * seven texts of it and not one for every length of a list.
 *
 * All rows have the columns of the first one that is ever written. `build` may do nothing with a value but hand it to the statement, as in
 * `keepQuery`. To build such a statement costs as much as to run it, and leaves some ten objects behind for each value.
 */
export function keepRows<Row extends { [Column in keyof Row]: Value }, Returned>(
  build: (db: Kysely<Database>, rows: Row[]) => Compilable<Returned>,
): KeptRows<Row, Returned> {
  const keptFor = new WeakMap<object, Map<number, Kept>>();
  return async (db, rows) => {
    const { adapter } = db.getExecutor();
    const kept = keptFor.get(adapter) ?? new Map<number, Kept>();
    keptFor.set(adapter, kept);
    const returned: Returned[] = [];
    for (let at = 0; at < rows.length; ) {
      const count = rowsAtOnce(rows.length - at);
      const statement = kept.get(count) ?? compile(build, db, rows[0], count);
      kept.set(count, statement);
      const parameters = statement.cells.map(
        (one) => rows[at + one.row]?.[one.column as keyof Row] as Value | undefined,
      );
      const result = await db.executeQuery<Returned>({ ...statement.query, parameters });
      for (const row of result.rows) returned.push(row);
      at += count;
    }
    return returned;
  };
}

/** A statement, and which value of which row goes where in it. */
interface Kept {
  query: CompiledQuery<unknown>;
  cells: readonly Cell[];
}

function rowsAtOnce(left: number): number {
  let count = MOST_ROWS;
  while (count > left) count /= 2;
  return count;
}

function compile<Row extends object, Returned>(
  build: (db: Kysely<Database>, rows: Row[]) => Compilable<Returned>,
  db: Kysely<Database>,
  like: Row | undefined,
  count: number,
): Kept {
  const columns = Object.keys(like ?? {});
  const marked = Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map((column) => [column, new Cell(row, column)])),
  );
  // Marks stand where the values will: `build` cannot tell them apart, or throws.
  const query = build(db, marked as unknown as Row[]).compile();
  return { query, cells: query.parameters.map(toCell) };
}

function toCell(parameter: unknown): Cell {
  if (parameter instanceof Cell) return parameter;
  throw new TypeError('a kept statement of rows holds a value that is of no row');
}

/** Stands for a value of a row while a statement is built. */
class Cell {
  readonly row: number;
  readonly column: string;

  constructor(row: number, column: string) {
    this.row = row;
    this.column = column;
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(`the value ${this.column} of a kept statement is known only when it runs`);
  }
}
