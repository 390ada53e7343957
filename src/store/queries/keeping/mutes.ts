import type { Transaction } from 'kysely';
import type { PruneResult, PruneStep } from '../../ports/keeping.ts';
import type { Database } from '../schema.ts';
import { NOTHING_PRUNED } from './pruned.ts';

/** Prunes mutes that are over and that no event on record names, within the caller's transaction; see `KeepingStore`. */
export async function pruneMutes(
  trx: Transaction<Database>,
  { overBefore, from, limit }: PruneStep,
): Promise<PruneResult> {
  const rows = await trx
    .selectFrom('mute')
    .select(['id', 'until', 'removed_at'])
    .where('id', '>', Number(from?.[0] ?? 0))
    .orderBy('id')
    .limit(limit)
    .execute();
  const over = rows
    .filter(({ until, removed_at }) => Math.min(until, removed_at ?? until) < overBefore)
    .map(({ id }) => id);
  const named = await namedByEvents(trx, over);
  const gone = over.filter((id) => !named.has(id));
  if (gone.length > 0) await trx.deleteFrom('mute').where('id', 'in', gone).execute();
  const last = rows.at(-1);
  return {
    pruned: { ...NOTHING_PRUNED, mutes: gone.length },
    next: last === undefined ? (from ?? []) : [last.id],
    isEnd: rows.length < limit,
  };
}

/** One look into an index for each mute: it may have kept very much from people. */
async function namedByEvents(trx: Transaction<Database>, ids: readonly number[]): Promise<Set<number>> {
  const named = new Set<number>();
  for (const id of ids) {
    const row = await trx.selectFrom('event').select('mute_id').where('mute_id', '=', id).limit(1).execute();
    if (row.length > 0) named.add(id);
  }
  return named;
}
