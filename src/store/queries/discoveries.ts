import type { Kysely } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import { chunks, MANY_IDS } from './chunks.ts';
import type { Database } from './schema.ts';

/** Reads when the watch of this key last looked for its instances; `null`: never. */
export async function lastLookAt(db: Kysely<Database>, key: string): Promise<Timestamp | null> {
  const row = await db.selectFrom('discovery').select('looked_at').where('key', '=', key).executeTakeFirst();
  return row?.looked_at ?? null;
}

/** Reads when the watches of these keys last looked for their instances; nothing of one that never did. */
export async function lastLooksAt(
  db: Kysely<Database>,
  keys: readonly string[],
): Promise<Map<string, Timestamp>> {
  const looks = new Map<string, Timestamp>();
  for (const chunk of chunks(keys, MANY_IDS)) {
    const rows = await db
      .selectFrom('discovery')
      .select(['key', 'looked_at'])
      .where('key', 'in', chunk)
      .execute();
    for (const { key, looked_at } of rows) looks.set(key, looked_at);
  }
  return looks;
}

/** Writes down when the watches of these keys looked for their instances, over the time before. No key may stand there twice. */
export async function noteLooks(db: Kysely<Database>, keys: readonly string[], at: Timestamp): Promise<void> {
  for (const chunk of chunks(keys)) {
    await db
      .insertInto('discovery')
      .values(chunk.map((key) => ({ key, looked_at: at })))
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ looked_at: at }))
      .execute();
  }
}

/** Writes down when the watch of this key looked for its instances, over the time before. */
export async function noteLook(db: Kysely<Database>, key: string, at: Timestamp): Promise<void> {
  await noteLooks(db, [key], at);
}
