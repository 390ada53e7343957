import type { Kysely, Transaction } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { homeOfKey } from '../../../domain/job/watch.ts';
import type { LastFinish } from '../../ports/records.ts';
import { keepQuery } from '../kept/kept-query.ts';
import type { Database } from '../schema.ts';

/** A restore of a target that has finished. */
interface Finish {
  targetKey: string;
  watch: string;
  at: Timestamp;
}

const latest = keepQuery((db, { watches, limit }: { watches: readonly string[]; limit: number }) =>
  db
    .selectFrom('last_finish')
    .select(['watch', 'target_key', 'finished_at'])
    .where('watch', 'in', watches)
    .orderBy('finished_at', 'desc')
    .limit(limit),
);

/** Reads when a restore of these watches finished last, the latest first; see `RecordReader`. */
export async function lastFinishes(
  db: Kysely<Database>,
  watches: readonly string[],
  limit: number,
): Promise<LastFinish[]> {
  if (watches.length === 0) return [];
  const rows = await latest(db, { watches, limit });
  return rows.map(({ watch, target_key, finished_at }) => ({
    watch,
    ...homeOfKey(watch, target_key),
    finishedAt: finished_at,
  }));
}

/**
 * Tells when a restore of the watch finished last; see `AlertStore`. Also one whose job was pruned. (What old stores have noted of each
 * target goes less far back than their jobs.)
 */
export async function lastFinishedAt(db: Kysely<Database>, watch: string): Promise<Timestamp | null> {
  const onRecord = await db
    .selectFrom('observation')
    .select('finished_at')
    .where('watch', '=', watch)
    .where('finished_at', 'is not', null)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const noted = await db
    .selectFrom('last_finish')
    .select('finished_at')
    .where('watch', '=', watch)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const last = Math.max(onRecord?.finished_at ?? 0, noted?.finished_at ?? 0);
  return last === 0 ? null : last;
}

/** Notes that a restore finished, within the caller's transaction. One that finished earlier than what is noted changes nothing. */
export async function noteFinish(
  trx: Transaction<Database>,
  { targetKey, watch, at }: Finish,
): Promise<void> {
  await trx
    .insertInto('last_finish')
    .values({ target_key: targetKey, watch, finished_at: at })
    .onConflict((conflict) =>
      conflict
        .column('target_key')
        .doUpdateSet((eb) => ({ finished_at: eb.ref('excluded.finished_at') }))
        .whereRef('last_finish.finished_at', '<', 'excluded.finished_at'),
    )
    .execute();
}
