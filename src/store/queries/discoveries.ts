import type { Kysely } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import type { Database } from './schema.ts';

/** Reads when the watch of this key last looked for its instances; `null`: never. */
export async function lastLookAt(db: Kysely<Database>, key: string): Promise<Timestamp | null> {
  const row = await db.selectFrom('discovery').select('looked_at').where('key', '=', key).executeTakeFirst();
  return row?.looked_at ?? null;
}

/** Writes down when the watch of this key looked for its instances, over the time before. */
export async function noteLook(db: Kysely<Database>, key: string, at: Timestamp): Promise<void> {
  await db
    .insertInto('discovery')
    .values({ key, looked_at: at })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ looked_at: at }))
    .execute();
}
