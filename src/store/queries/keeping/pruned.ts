import type { Kysely, Transaction } from 'kysely';
import type { AuditDraft } from '../../../domain/audit.ts';
import { type Timestamp, toIso } from '../../../domain/instant.ts';
import type { PruneCounts } from '../../ports/keeping.ts';
import type { Database } from '../schema.ts';

/** What a step has pruned that found nothing. */
export const NOTHING_PRUNED: PruneCounts = { jobs: 0, events: 0, deliveries: 0, mutes: 0 };

const ROW = 1;
const NOTED_EVERY_MS = 86_400_000;

/** Adds what was pruned to what no audit entry tells of yet, within the caller's transaction. */
export async function addPruned(
  trx: Transaction<Database>,
  { jobs, events, deliveries, mutes }: PruneCounts,
  overBefore: Timestamp,
): Promise<void> {
  if (jobs + events + deliveries + mutes === 0) return;
  await trx
    .updateTable('pruned')
    .set(({ eb }) => ({
      jobs: eb('jobs', '+', jobs),
      events: eb('events', '+', events),
      deliveries: eb('deliveries', '+', deliveries),
      mutes: eb('mutes', '+', mutes),
      over_before: eb
        .case()
        .when('over_before', '>', overBefore)
        .then(eb.ref('over_before'))
        .else(overBefore)
        .end(),
    }))
    .where('id', '=', ROW)
    .execute();
}

/**
 * The audit entry about what was pruned since the last one; `null`: there is nothing to tell, or the last one is not a day old. One that
 * is of a later time does not count: the clock has been set back since.
 */
export async function prunedEntry(db: Kysely<Database>, at: Timestamp): Promise<AuditDraft | null> {
  const row = await db.selectFrom('pruned').selectAll().where('id', '=', ROW).executeTakeFirst();
  if (row === undefined) return null;
  const { jobs, events, deliveries, mutes, over_before, noted_at } = row;
  const isTooSoon = noted_at <= at && at - noted_at < NOTED_EVERY_MS;
  if (isTooSoon || jobs + events + deliveries + mutes === 0) return null;
  return {
    at,
    kind: 'store.pruned',
    data: { jobs, events, deliveries, mutes, overBefore: toIso(over_before) },
  };
}

/** Begins to count anew, within the transaction that writes the entry. */
export async function beginAnew(trx: Transaction<Database>, at: Timestamp): Promise<void> {
  await trx
    .updateTable('pruned')
    .set({ ...NOTHING_PRUNED, noted_at: at })
    .where('id', '=', ROW)
    .execute();
}
