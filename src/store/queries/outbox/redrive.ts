import { type ExpressionBuilder, type SqlBool, sql, type Transaction } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { chunks, MANY_IDS } from '../chunks.ts';
import { type Database, GIVEN_UP, PENDING } from '../schema.ts';
import { IS_STILL_PENDING } from './outbox.ts';
import { isOwedByKey } from './queue.ts';

/** A delivery that is owed anew. */
export interface Redriven {
  position: number;
  id: string;
  event_id: string;
  channel: string;
}

/**
 * Makes deliveries due at once, whatever silence their channel keeps: all that were given up, or of those named also what is owed and not in
 * hand. Returns them in the order of insertion. What they must not overtake is tried at once as well.
 *
 * The retry schedule and its 24 h begin anew, so the attempts that ended are forgotten. Those that were cut off are not: the receiver may
 * have the message already.
 */
export async function redriveDeliveries(
  trx: Transaction<Database>,
  which: readonly string[] | 'given_up',
  at: Timestamp,
): Promise<Redriven[]> {
  const query = trx
    .updateTable('delivery')
    .set(({ eb }) => ({
      status: PENDING,
      next_attempt_at: at,
      attempts_started: eb('attempts_started', '-', eb.ref('attempts_finished')),
      attempts_finished: 0,
      first_attempt_at: null,
      ended_at: null,
      urgent: 1,
      tried_ms: 0,
      made_due: 0,
      refused_since: null,
    }))
    .returning(['position', 'id', 'event_id', 'channel']);
  const updates =
    which === 'given_up'
      ? [query.where('status', '=', GIVEN_UP)]
      : [...chunks(which, MANY_IDS)].map((ids) =>
          query.where('id', 'in', ids).where((eb) => eb.or([eb('status', '=', GIVEN_UP), isWaiting(eb, at)])),
        );
  const redriven: Redriven[][] = [];
  for (const update of updates) redriven.push(await update.execute());
  const all = redriven.flat().sort((a, b) => a.position - b.position);
  if (all.length > 0) await hurryPredecessors(trx, at);
  return all;
}

/** True for what waits: for another attempt, behind a silence, or behind what it must not overtake; not for the channel's next digest. */
function isWaiting(eb: ExpressionBuilder<Database, 'delivery'>, at: Timestamp) {
  return eb.and([
    eb('status', '=', PENDING),
    eb('claimed_at', 'is', null),
    eb.or([eb('held_until', 'is', null), eb('held_until', '<=', at)]),
    // Redriven already, and not tried since.
    eb.not(eb.and([eb('urgent', '=', 1), eb('next_attempt_at', '<=', at)])),
  ]);
}

/**
 * What stands before something urgent in the same queue and waits for another attempt is urgent too: else "at once" would be hours. Of each
 * queue the last urgent one decides, so that neither all that is owed nor each urgent one's predecessors are gone through.
 */
async function hurryPredecessors(trx: Transaction<Database>, at: Timestamp): Promise<void> {
  const lastUrgent = trx
    .selectFrom('delivery')
    .select([
      'channel',
      'order_key',
      'recipient',
      sql<SqlBool>`held_until is null`.as('is_unheld'),
      sql<number>`max(coalesce(part_of, position))`.as('place'),
    ])
    .where('status', '=', PENDING)
    .where('urgent', '=', sql.lit(1))
    .groupBy(['channel', 'order_key', 'recipient', sql`held_until is null`]);
  const before = trx
    .selectFrom(lastUrgent.as('last'))
    .innerJoin('delivery as earlier', (join) =>
      join
        .on(isOwedByKey(trx, sql.ref<string>('last.channel')))
        .onRef('earlier.order_key', '=', 'last.order_key'),
    )
    .select('earlier.position')
    .where(sql<SqlBool>`coalesce(earlier.part_of, earlier.position) < last.place`)
    .where('earlier.urgent', '=', 0)
    .where((eb) => eb.or([eb('earlier.held_until', 'is', null), eb('earlier.held_until', '<=', at)]))
    .where(sql<SqlBool>`(earlier.recipient is null or earlier.recipient = last.recipient)`)
    .where(sql<SqlBool>`(earlier.held_until is null) = last.is_unheld`);
  await trx
    .updateTable('delivery')
    .set({ urgent: 1, next_attempt_at: at })
    .where('position', 'in', before)
    .where(IS_STILL_PENDING)
    .execute();
}
