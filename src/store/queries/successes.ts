import { type Kysely, type SqlBool, sql } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import { chunks } from './chunks.ts';
import type { Database } from './schema.ts';

/** Reads when each watch was last polled with success; see `RecordReader`. */
export async function lastSuccesses(db: Kysely<Database>): Promise<Map<string, Timestamp>> {
  const rows = await db.selectFrom('watch_success').selectAll().execute();
  return new Map(rows.map(({ watch, succeeded_at }) => [watch, succeeded_at]));
}

/** No two machines' clocks are further apart that are kept right at all, in milliseconds. A time further ahead is of a clock that was set back since. */
const AHEAD_MS = 60_000;

/**
 * Writes down when these watches were last polled with success, over the time before. Never over a later one: a replica that was paused may
 * say so late, when another has polled them since.
 * @param now what the clock says that the times were taken from.
 */
export async function noteSuccesses(
  db: Kysely<Database>,
  successes: ReadonlyMap<string, Timestamp>,
  now: Timestamp,
): Promise<void> {
  for (const chunk of chunks([...successes])) {
    await db
      .insertInto('watch_success')
      .values(chunk.map(([watch, succeeded_at]) => ({ watch, succeeded_at })))
      .onConflict((conflict) =>
        conflict
          .column('watch')
          .doUpdateSet((eb) => ({ succeeded_at: eb.ref('excluded.succeeded_at') }))
          .where(
            sql<SqlBool>`excluded.succeeded_at > watch_success.succeeded_at or watch_success.succeeded_at > ${now + AHEAD_MS}`,
          ),
      )
      .execute();
  }
}
