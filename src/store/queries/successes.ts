import type { Kysely } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import { chunks } from './chunks.ts';
import type { Database } from './schema.ts';

/** Reads when each watch was last polled with success; see `RecordReader`. */
export async function lastSuccesses(db: Kysely<Database>): Promise<Map<string, Timestamp>> {
  const rows = await db.selectFrom('watch_success').selectAll().execute();
  return new Map(rows.map(({ watch, succeeded_at }) => [watch, succeeded_at]));
}

/** Writes down when these watches were last polled with success, over the time before. */
export async function noteSuccesses(
  db: Kysely<Database>,
  successes: ReadonlyMap<string, Timestamp>,
): Promise<void> {
  for (const chunk of chunks([...successes])) {
    await db
      .insertInto('watch_success')
      .values(chunk.map(([watch, succeeded_at]) => ({ watch, succeeded_at })))
      .onConflict((conflict) =>
        conflict.column('watch').doUpdateSet((eb) => ({ succeeded_at: eb.ref('excluded.succeeded_at') })),
      )
      .execute();
  }
}
