import { type Kysely, type SqlBool, sql } from 'kysely';
import type { Database } from '../queries/schema.ts';
import type { CopiedRow } from './row-digest.ts';
import { keyOf, type TableName } from './tables.ts';

/** Rows that are read at a time: a megabyte or two. */
const PAGE = 512;

/** Reads a table page by page, in the order of its key. */
export async function* pagesOf(db: Kysely<Database>, table: TableName): AsyncGenerator<readonly CopiedRow[]> {
  const key = keyOf(table);
  let last: CopiedRow | undefined;
  for (;;) {
    const rows = await pageAfter(db, table, key, last);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    last = rows.at(-1);
  }
}

async function pageAfter(
  db: Kysely<Database>,
  table: TableName,
  key: readonly string[],
  last: CopiedRow | undefined,
): Promise<CopiedRow[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const after = last && sql`where (${columns}) > (${sql.join(key.map((column) => last[column]))})`;
  const query = sql<CopiedRow>`select * from ${sql.table(table)} ${after ?? sql``} order by ${columns} limit ${sql.lit(PAGE)}`;
  return (await query.execute(db)).rows;
}

/** Counts the rows of a table, one by one. */
export async function countRows(db: Kysely<Database>, table: TableName): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
    db,
  );
  return Number(rows[0]?.count ?? 0);
}

/** True when one row holds. */
export async function hasRows(
  db: Kysely<Database>,
  table: TableName,
  condition = sql<SqlBool>`1 = 1`,
): Promise<boolean> {
  const { rows } = await sql`select 1 as one from ${sql.table(table)} where ${condition} limit 1`.execute(db);
  return rows.length > 0;
}
