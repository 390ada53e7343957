import type { Kysely, Transaction } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { isInForce, type Mute, type MuteRequest } from '../../../domain/telling/mute.ts';
import type { MuteFilter } from '../../ports/mutes.ts';
import { ENDLESS, toMute } from '../rows.ts';
import type { Database } from '../schema.ts';

/** Inserts a mute and gives it its id, within the caller's transaction. */
export async function insertMute(trx: Transaction<Database>, request: MuteRequest): Promise<Mute> {
  const { watch, project, instance, target, job, labels, events, recurs, author, reason } = request;
  const row = await trx
    .insertInto('mute')
    .values({
      watch,
      project,
      instance,
      target,
      job,
      labels: labels === null ? null : JSON.stringify(labels),
      events: events === null ? null : JSON.stringify(events),
      created_at: request.createdAt,
      until: request.until ?? ENDLESS,
      schedule: recurs?.schedule ?? null,
      time_zone: recurs?.timeZone ?? null,
      for_ms: recurs?.forMs ?? null,
      author,
      reason,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toMute(row);
}

/** Ends a mute that is in force, within the caller's transaction; `null` when there is none of this id, or it was over already. */
export async function endMute(
  trx: Transaction<Database>,
  id: Mute['id'],
  at: Timestamp,
  by: string,
): Promise<Mute | null> {
  const row = await trx
    .updateTable('mute')
    .set({ removed_at: at, removed_by: by })
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .where('until', '>', at)
    .returningAll()
    .executeTakeFirst();
  return row ? toMute(row) : null;
}

/** Lists mutes, the newest first. Of those that come round the database knows only that they are not over. */
export async function listMutes(
  db: Kysely<Database>,
  { inForceAt, openAt = inForceAt }: MuteFilter,
): Promise<Mute[]> {
  let query = db.selectFrom('mute').selectAll().orderBy('id', 'desc');
  if (openAt !== undefined) query = query.where('until', '>', openAt).where('removed_at', 'is', null);
  const mutes = (await query.execute()).map(toMute);
  return inForceAt === undefined ? mutes : mutes.filter((mute) => isInForce(mute, inForceAt));
}

/** Reads the mutes of these ids. An id may come several times. */
export async function mutesById(
  db: Kysely<Database>,
  ids: ReadonlyArray<Mute['id']>,
): Promise<Map<Mute['id'], Mute>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('mute')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, toMute(row)]));
}
