import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely';
import type {
  EstateChange,
  EstateKey,
  EstatesStanding,
  FoundProject,
  ShareStanding,
} from '../../ports/replicas/estates.ts';
import { chunks, MANY_IDS } from '../chunks.ts';
import type { Database } from '../schema.ts';
import type { LeaseDialect } from './replicas.ts';
import type { FoundProjectTable } from './tables.ts';

/** Reads how all `*` watches stand. */
export async function readEstates(db: Kysely<Database>, { now }: LeaseDialect): Promise<EstatesStanding> {
  const estates = await db.selectFrom('estate').selectAll().execute();
  const shares = await db
    .selectFrom('watch_share')
    .selectAll()
    .where('replica', 'in', (eb) => eb.selectFrom('replica').select('id').where('until', '>', now))
    .execute();
  return {
    revisions: new Map(estates.map(({ watch, ...estate }) => [watch, estate])),
    shares: shares.map(({ standing, ...share }) => ({
      ...share,
      ...(JSON.parse(standing) as ShareStanding),
    })),
  };
}

/** Reads what a watch has found over this connection. */
export async function readProjects(
  db: Kysely<Database>,
  { watch, connection }: EstateKey,
): Promise<FoundProject[]> {
  const rows = await db
    .selectFrom('found_project as p')
    .innerJoin('estate as e', 'e.watch', 'p.watch')
    .selectAll('p')
    .where('p.watch', '=', watch)
    .where('e.connection', '=', connection)
    .orderBy('p.group_id')
    .execute();
  return rows.map(({ group_id, name, tags, is_gone }) => ({
    groupId: group_id,
    name,
    tags: JSON.parse(tags) as Record<string, string>,
    isGone: is_gone === 1,
  }));
}

/** Writes what a listing has changed; see `EstateStore.noteProjects`. */
export async function writeProjects(
  trx: Transaction<Database>,
  { watch, connection }: EstateKey,
  { found, forgotten }: EstateChange,
): Promise<void> {
  const before = await trx
    .selectFrom('estate')
    .select(['connection', 'revision'])
    .where('watch', '=', watch)
    .executeTakeFirst();
  const isOther = before !== undefined && before.connection !== connection;
  if (before !== undefined && !isOther && found.length + forgotten.length === 0) return;
  if (isOther) await trx.deleteFrom('found_project').where('watch', '=', watch).execute();
  for (const chunk of chunks(forgotten, MANY_IDS)) {
    await trx.deleteFrom('found_project').where('watch', '=', watch).where('group_id', 'in', chunk).execute();
  }
  for (const chunk of chunks(found)) {
    await trx
      .insertInto('found_project')
      .values(chunk.map((project) => rowOf(watch, project)))
      .onConflict((conflict) =>
        conflict.columns(['watch', 'group_id']).doUpdateSet((row) => ({
          name: row.ref('excluded.name'),
          tags: row.ref('excluded.tags'),
          is_gone: row.ref('excluded.is_gone'),
        })),
      )
      .execute();
  }
  const revision = (before?.revision ?? 0) + 1;
  await trx
    .insertInto('estate')
    .values({ watch, connection, revision })
    .onConflict((conflict) => conflict.column('watch').doUpdateSet({ connection, revision }))
    .execute();
}

/** Notes how a replica gets on with its share of a watch; `null`: it has none. */
export async function writeShare(
  db: Kysely<Database>,
  watch: string,
  replica: string,
  share: ShareStanding | null,
): Promise<void> {
  if (share === null) {
    await db.deleteFrom('watch_share').where('watch', '=', watch).where('replica', '=', replica).execute();
    return;
  }
  const standing = JSON.stringify(share);
  await db
    .insertInto('watch_share')
    .values({ watch, replica, standing })
    .onConflict((conflict) => conflict.columns(['watch', 'replica']).doUpdateSet({ standing }))
    .execute();
}

/** Forgets the shares of replicas that are not on the list any more. */
export async function forgetShares(db: Kysely<Database>): Promise<void> {
  await db
    .deleteFrom('watch_share')
    .where(sql<SqlBool>`not exists (select 1 from replica where replica.id = watch_share.replica)`)
    .execute();
}

function rowOf(watch: string, { groupId, name, tags, isGone }: FoundProject): FoundProjectTable {
  return { watch, group_id: groupId, name, tags: JSON.stringify(tags), is_gone: isGone ? 1 : 0 };
}
