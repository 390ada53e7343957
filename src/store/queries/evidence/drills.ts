import type { Kysely, Transaction } from 'kysely';
import type { DrillPlace } from '../../../domain/drills/drill-place.ts';
import type { DrillChange, DrillMark } from '../../ports/drills.ts';
import type { Database } from '../schema.ts';

/** Reads how far each drill was reckoned; see `DrillReader`. */
export async function drillMarks(db: Kysely<Database>): Promise<Map<string, DrillMark>> {
  const rows = await db.selectFrom('drill').selectAll().execute();
  return new Map(
    rows.map(({ drill, seq, agreed_at_seq, scope }) => [
      drill,
      { drill, seq, agreedAtSeq: agreed_at_seq, scope },
    ]),
  );
}

/** Reads how a drill stands at each instance; see `DrillReader`. */
export async function drillPlaces(db: Kysely<Database>, drill: string): Promise<Map<string, DrillPlace>> {
  const rows = await db.selectFrom('drill_place').selectAll().where('drill', '=', drill).execute();
  // Written by this program alone.
  return new Map(rows.map(({ place, body }) => [place, JSON.parse(body) as DrillPlace]));
}

/** Writes what has changed for a drill, within the caller's transaction. */
export async function writeDrill(
  trx: Transaction<Database>,
  { mark, isNew, places }: DrillChange,
): Promise<void> {
  const { drill, seq, agreedAtSeq, scope } = mark;
  if (isNew) await trx.deleteFrom('drill_place').where('drill', '=', drill).execute();
  await trx
    .insertInto('drill')
    .values({ drill, seq, agreed_at_seq: agreedAtSeq, scope })
    .onConflict((conflict) =>
      conflict.column('drill').doUpdateSet({ seq, agreed_at_seq: agreedAtSeq, scope }),
    )
    .execute();
  for (const { key: place, place: found } of places) {
    if (found === null) {
      await trx.deleteFrom('drill_place').where('drill', '=', drill).where('place', '=', place).execute();
      continue;
    }
    const body = JSON.stringify(found);
    await trx
      .insertInto('drill_place')
      .values({ drill, place, body })
      .onConflict((conflict) => conflict.columns(['drill', 'place']).doUpdateSet({ body }))
      .execute();
  }
}

/** Deletes all that is kept of drills, within the caller's transaction. */
export async function deleteDrills(trx: Transaction<Database>, drills: readonly string[]): Promise<void> {
  if (drills.length === 0) return;
  await trx.deleteFrom('drill_place').where('drill', 'in', drills).execute();
  await trx.deleteFrom('drill').where('drill', 'in', drills).execute();
}
