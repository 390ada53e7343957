/** Rows in one statement. More gain nothing, and each length is a statement of its own to compile and prepare. */
const BATCH_ROWS = 50;

/** Cuts a list into what goes into one statement each. */
export function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += BATCH_ROWS) yield items.slice(start, start + BATCH_ROWS);
}
