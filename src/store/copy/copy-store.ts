import { type Kysely, sql, type Transaction } from 'kysely';
import { StoreError } from '../../errors.ts';
import type { CopyProgress } from '../ports/copying.ts';
import { auditHead } from '../queries/audit-log.ts';
import { keepRows } from '../queries/kept/kept-rows.ts';
import type { Database } from '../queries/schema.ts';
import type { CopyEnd } from './copy-end.ts';
import { countRows, hasRows, pagesOf } from './pages.ts';
import { type CopiedRow, RowDigest } from './row-digest.ts';
import { TABLES, type TableName } from './tables.ts';

/** How many rows of each table were copied, and are the same on both sides. */
type Copied = Array<{ table: TableName; rows: number }>;

/**
 * Copies a whole store, ids, positions, counts, audit chain and all, into one that is empty, and reads it back: every row must be as it
 * was. All of it in one transaction of the target: whoever is killed half way leaves it empty, and begins again. Both must have been
 * claimed; nobody can write to an embedded source meanwhile.
 * @throws {StoreError} reason `conflict` when the target is not empty; `damaged` when what is read back is not what was written; and
 *   then the target is as it was.
 */
export async function copyStore(
  from: CopyEnd,
  to: CopyEnd,
  onProgress: (progress: CopyProgress) => void = () => {},
): Promise<Copied> {
  try {
    return await from.db.transaction().execute((source) => copyInto(to, source, from, onProgress));
  } catch (thrown) {
    throw from.toStoreError(thrown, 'copy the store');
  }
}

async function copyInto(
  to: CopyEnd,
  source: Transaction<Database>,
  from: CopyEnd,
  onProgress: (progress: CopyProgress) => void,
): Promise<Copied> {
  try {
    return await to.db.transaction().execute(async (target) => {
      await requireEmpty(target, to.where);
      const written = await copyTables(source, target, onProgress);
      await to.numberOnFrom(target, await from.lastNumbers(source));
      await verifyTables(target, written, to.where, onProgress);
      return [...written].map(([table, { rows }]) => ({ table, rows }));
    });
  } catch (thrown) {
    throw to.toStoreError(thrown, 'copy the store');
  }
}

/** A new store has a row of its own in some tables; what nobody has used has no entry in its audit log, and nothing else. */
async function requireEmpty(target: Kysely<Database>, where: string): Promise<void> {
  const used: TableName[] = ['target', 'observation', 'event', 'mute', 'alert', 'audit_entry', 'pruned_job'];
  const head = await auditHead(target);
  let isEmpty = head.seq === 0;
  for (const table of used) isEmpty &&= !(await hasRows(target, table));
  if (isEmpty) return;
  throw new StoreError('conflict', `${where} is not empty: a watcher has used it already`, {
    hint: 'Name an empty database, or an empty schema of one. To copy into this one all the same, drop what it holds first.',
  });
}

async function copyTables(
  source: Transaction<Database>,
  target: Transaction<Database>,
  onProgress: (progress: CopyProgress) => void,
): Promise<Map<TableName, RowDigest>> {
  let of = 0;
  for (const table of TABLES) of += await countRows(source, table);
  const written = new Map<TableName, RowDigest>();
  let rows = 0;
  for (const table of TABLES) {
    const digest = new RowDigest();
    const insert = insertInto(table);
    // What stands there by itself: counts that were kept along, and the rows of a new store.
    await sql`delete from ${sql.table(table)}`.execute(target);
    for await (const page of pagesOf(source, table)) {
      digest.add(page);
      await insert(target, page);
      rows += page.length;
      onProgress({ stage: 'copying', rows, of });
    }
    written.set(table, digest);
  }
  return written;
}

/** The rows have the columns of their table, whichever that is: they were read from the same one. */
function insertInto(table: TableName) {
  return keepRows((db, rows: CopiedRow[]) => db.insertInto(table).values(rows as never));
}

async function verifyTables(
  target: Transaction<Database>,
  written: ReadonlyMap<TableName, RowDigest>,
  where: string,
  onProgress: (progress: CopyProgress) => void,
): Promise<void> {
  const of = [...written.values()].reduce((sum, { rows }) => sum + rows, 0);
  let rows = 0;
  for (const [table, expected] of written) {
    const digest = new RowDigest();
    for await (const page of pagesOf(target, table)) {
      digest.add(page);
      rows += page.length;
      onProgress({ stage: 'verifying', rows, of });
    }
    if (digest.equals(expected)) continue;
    throw new StoreError(
      'damaged',
      `${where} does not give back what was written there: table ${table}, ${expected.rows} rows written, ${digest.rows} read`,
      { hint: 'Nothing was kept of the copy. Is something else writing to that database?' },
    );
  }
}
