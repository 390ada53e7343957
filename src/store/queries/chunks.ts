/** Rows in one statement. More gain nothing, and each length is a statement of its own to compile and prepare. */
const ROWS = 50;

/** Ids in one statement: SQLite takes 32,766 values, PostgreSQL 65,535. */
export const MANY_IDS = 10_000;

/** Cuts a list into what goes into one statement each. */
export function* chunks<T>(items: readonly T[], size = ROWS): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
