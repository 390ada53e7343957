import type { Kysely } from 'kysely';
import type { WatcherEvent } from '../domain/event.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { toDelivery, toEvent } from './rows.ts';
import type { Database } from './schema.ts';
import type { Delivery, DeliveryFilter, DeliveryStatus, Rows } from './store.ts';

/** Newest first, by insertion. */
export async function listDeliveries(
  db: Kysely<Database>,
  { channel, status, limit, cursor }: DeliveryFilter,
): Promise<Rows<Delivery & { event: WatcherEvent }>> {
  const after = decodeCursor(cursor, ['number']);
  let query = db
    .selectFrom('delivery')
    .innerJoin('event', 'event.id', 'delivery.event_id')
    .selectAll('delivery')
    .select('event.body')
    .orderBy('delivery.position', 'desc')
    .limit(limit + 1);
  if (channel !== undefined) query = query.where('channel', '=', channel);
  if (status !== undefined) query = query.where('status', '=', status);
  if (after) query = query.where('delivery.position', '<', after[0]);
  return toPage(
    await query.execute(),
    limit,
    (row) => [row.position],
    (row) => ({ ...toDelivery(row), event: toEvent(row.body) }),
  );
}

export async function countDeliveries(
  db: Kysely<Database>,
): Promise<Array<{ channel: string; status: DeliveryStatus; count: number }>> {
  const rows = await db
    .selectFrom('delivery')
    .select(({ fn }) => ['channel', 'status', fn.countAll<number>().as('count')])
    .groupBy(['channel', 'status'])
    .orderBy('channel')
    .orderBy('status')
    .execute();
  return rows.map(({ channel, status, count }) => ({ channel, status, count: Number(count) }));
}
