import { type Kysely, sql, type Transaction } from 'kysely';
import type { LastNumbers } from '../copy/copy-end.ts';
import { keyOf, NUMBERED_TABLES, type NumberedTable } from '../copy/tables.ts';
import type { Database } from '../queries/schema.ts';

/** Reads the last number that was given to a row of each table, also to one that is gone. */
export async function lastNumbers(db: Kysely<Database>): Promise<LastNumbers> {
  const last = { mute: 0, attestation: 0, event: 0, delivery: 0 };
  for (const table of NUMBERED_TABLES) {
    const { rows } = await sql<{
      last: number | null;
    }>`select pg_sequence_last_value(${sequenceOf(table)}::regclass) as last`.execute(db);
    last[table] = rows[0]?.last ?? 0;
  }
  return last;
}

/** Has rows numbered behind these from now on. */
export async function numberOnFrom(trx: Transaction<Database>, last: LastNumbers): Promise<void> {
  for (const table of NUMBERED_TABLES)
    await sql`select setval(${sequenceOf(table)}, ${Math.max(1, last[table])}, ${sql.lit(last[table] > 0)})`.execute(
      trx,
    );
}

/** The sequence that numbers the rows of the table. */
function sequenceOf(table: NumberedTable) {
  return sql<string>`pg_get_serial_sequence(${sql.lit(table)}, ${sql.lit(keyOf(table)[0])})`;
}
