import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../queries/schema.ts';
import type { SqlEngine } from '../sql/sql-store.ts';
import type { NumberedTable } from './tables.ts';

/** The last number that was given to a row of each table, also to one that is gone. */
export type LastNumbers = Readonly<Record<NumberedTable, number>>;

/** A database that is copied from or to, with what is peculiar to its engine. */
export interface CopyEnd extends SqlEngine {
  /** Where it is, without credentials. */
  where: string;
  lastNumbers(db: Kysely<Database>): Promise<LastNumbers>;
  /** From now on, rows are given numbers behind these. */
  numberOnFrom(trx: Transaction<Database>, last: LastNumbers): Promise<void>;
}
