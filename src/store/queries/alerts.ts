import type { Kysely, Transaction } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import type { Database } from './schema.ts';

/**
 * Clears and raises alerts, within the caller's transaction. An alert that is raised already keeps the time it was raised at, unless it is
 * cleared by the same change: then it is raised anew.
 */
export async function writeAlerts(
  trx: Transaction<Database>,
  { raise, clear, at }: { raise: readonly string[]; clear: readonly string[]; at: Timestamp },
): Promise<void> {
  if (clear.length > 0) await trx.deleteFrom('alert').where('key', 'in', clear).execute();
  for (const key of raise) {
    await trx
      .insertInto('alert')
      .values({ key, raised_at: at })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
  }
}

/** Reads since when each alert is raised, by key. */
export async function readAlerts(db: Kysely<Database>): Promise<Map<string, Timestamp>> {
  const rows = await db.selectFrom('alert').selectAll().execute();
  return new Map(rows.map(({ key, raised_at }) => [key, raised_at]));
}
