import { type Kysely, PostgresAdapter, type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Database, PENDING } from '../schema.ts';

// What a channel is owed is looked for in three ways: from the front of its queue, by an order key, and by what is in hand. Each has an index of its own, which
// must be taken however many are owed. SQLite takes the index that knows most of the conditions. PostgreSQL goes by what it knows of the
// rows: nothing at first, and that nothing is owed once it was analysed in quiet times; then any index will do, and ten thousand rows are
// gone through for each. So each of them says channel and status there in words that its own index alone has.

/** True of what the channel is owed, to be read from the front of its queue. `table` is what the statement calls the deliveries. */
export function isInQueueOf(db: Kysely<Database>, channel: string, table: 'd') {
  return isPostgres(db)
    ? sql<SqlBool>`((${of(table, 'channel')} || '.') = ${channel} || '.' and (${of(table, 'status')} || '.') = 'pending.')`
    : isOwed(table, channel);
}

/** The same, to be found by the order key that the statement names. */
export function isOwedByKey(
  db: Kysely<Database>,
  channel: string | RawBuilder<string>,
  table: 'earlier' | 'delivery' = 'earlier',
) {
  return isPostgres(db)
    ? sql<SqlBool>`((${of(table, 'channel')} || ':') = ${channel} || ':' and (${of(table, 'status')} || ':') = 'pending:')`
    : isOwed(table, channel);
}

/** True of what was claimed for the channel, and perhaps of what is owed no more. */
export function isInHandOf(db: Kysely<Database>, channel: string) {
  // Not by another index over the channel: what is in hand is little.
  const owner = isPostgres(db)
    ? sql`(d.channel || '!') = ${channel} || '!'`
    : sql`(d.channel || '') = ${channel}`;
  return sql<SqlBool>`(${owner} and d.lease_owner is not null)`;
}

function isOwed(table: string, channel: string | RawBuilder<string>) {
  return sql<SqlBool>`(${of(table, 'channel')} = ${channel} and ${of(table, 'status')} = ${PENDING})`;
}

function of(table: string, column: 'channel' | 'status') {
  return sql.ref(`${table}.${column}`);
}

function isPostgres(db: Kysely<Database>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/**
 * Limit and offset of a question whether there is any. The offset makes PostgreSQL ask it for each row, and not join. It changes nothing
 * elsewhere.
 */
export const ONE_ROW = { limit: sql.lit(1), offset: sql.lit(0) };
