import type { Kysely } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import type { Database } from '../schema.ts';

/** Takes away what is old of what was watched, within the caller's transaction; see `CoverageStore`. */
export async function pruneCoverage(
  db: Kysely<Database>,
  overBefore: Timestamp,
  limit: number,
): Promise<number> {
  const spans = await db
    .selectFrom('coverage_span')
    .select(['writer', 'number'])
    .where('until_at', 'is not', null)
    .where('until_at', '<', overBefore)
    .orderBy('until_at')
    .limit(limit)
    .execute();
  for (const { writer, number } of spans)
    await db.deleteFrom('coverage_span').where('writer', '=', writer).where('number', '=', number).execute();
  const left = limit - spans.length;
  return spans.length + (left > 0 ? await pruneWriters(db, overBefore, left) : 0);
}

/** Those of which no span is left. */
async function pruneWriters(db: Kysely<Database>, overBefore: Timestamp, limit: number): Promise<number> {
  const writers = await db
    .selectFrom('coverage_writer')
    .select('id')
    .where('alive_at', '<', overBefore)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('coverage_span')
            .select('number')
            .whereRef('coverage_span.writer', '=', 'coverage_writer.id'),
        ),
      ),
    )
    .limit(limit)
    .execute();
  for (const { id } of writers) await db.deleteFrom('coverage_writer').where('id', '=', id).execute();
  return writers.length;
}
