import { type Kysely, sql, type Transaction } from 'kysely';
import type { LastNumbers } from '../copy/copy-end.ts';
import { NUMBERED_TABLES, type NumberedTable } from '../copy/tables.ts';
import type { Database } from '../queries/schema.ts';

/** Reads the last number that was given to a row of each table, also to one that is gone. */
export async function lastNumbers(db: Kysely<Database>): Promise<LastNumbers> {
  const { rows } = await sql<{ name: string; seq: number }>`select name, seq from sqlite_sequence`.execute(
    db,
  );
  const last = new Map(rows.map(({ name, seq }) => [name, seq]));
  const of = (table: NumberedTable): number => last.get(table) ?? 0;
  return {
    mute: of('mute'),
    attestation: of('attestation'),
    event: of('event'),
    delivery: of('delivery'),
  };
}

/** Has rows numbered behind these from now on. */
export async function numberOnFrom(trx: Transaction<Database>, last: LastNumbers): Promise<void> {
  for (const table of NUMBERED_TABLES) {
    await sql`delete from sqlite_sequence where name = ${table}`.execute(trx);
    await sql`insert into sqlite_sequence (name, seq) values (${table}, ${last[table]})`.execute(trx);
  }
}
