import type { Kysely } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import type { DeliveryCount, DeliveryFilter, ListedDelivery, Rows } from '../../ports/records.ts';
import { decodeCursor, toPage } from '../cursor.ts';
import { toDelivery } from '../rows.ts';
import { type Database, DELIVERED, GIVEN_UP, PENDING } from '../schema.ts';
import { toEvent } from '../stored-event.ts';
import { lastClosings } from './closings.ts';
import { mustNotOvertake } from './outbox.ts';

/** Lists deliveries with their events, those inserted last first. */
export async function listDeliveries(
  db: Kysely<Database>,
  { channel, status, limit, cursor }: DeliveryFilter,
): Promise<Rows<ListedDelivery>> {
  const after = decodeCursor(cursor, ['number']);
  let query = db
    .selectFrom('delivery as d')
    .innerJoin('event', 'event.id', 'd.event_id')
    .leftJoin('channel_quiet as quiet', (join) =>
      join.onRef('quiet.channel', '=', 'd.channel').on('d.status', '=', PENDING).on('d.urgent', '=', 0),
    )
    .selectAll('d')
    .select(['event.body', 'quiet.until as quiet_until'])
    .select(({ selectFrom }) =>
      selectFrom('delivery as earlier')
        .select(({ fn }) => fn.max<number | null>('earlier.next_attempt_at').as('at'))
        .whereRef('earlier.channel', '=', 'd.channel')
        .where('earlier.status', '=', PENDING)
        .where('d.status', '=', PENDING)
        .where(mustNotOvertake())
        .as('behind_until'),
    )
    .orderBy('d.position', 'desc')
    .limit(limit + 1);
  if (channel !== undefined) query = query.where('d.channel', '=', channel);
  if (status !== undefined) query = query.where('d.status', '=', status);
  if (after) query = query.where('d.position', '<', after[0]);
  return toPage(
    await query.execute(),
    limit,
    (row) => [row.position],
    (row) => ({
      ...toDelivery(row),
      event: toEvent(row.body),
      quietUntil: row.quiet_until,
      behindUntil: row.behind_until,
    }),
  );
}

/** Counts the deliveries of each channel by status, and how many of those owed wait for a digest later than `now`. */
export async function countDeliveries(db: Kysely<Database>, now: Timestamp): Promise<DeliveryCount[]> {
  const rows = await db
    .selectFrom('delivery')
    .select(({ fn }) => ['channel', 'status', fn.countAll<number>().as('count')])
    .groupBy(['channel', 'status'])
    .orderBy('channel')
    .orderBy('status')
    .execute();
  const held = await countHeld(db, now);
  return rows.map(({ channel, status, count }) => ({
    channel,
    status,
    count: Number(count),
    held: status === 'pending' ? (held.get(channel) ?? 0) : 0,
  }));
}

/** Counts what waits for a digest, in a query of its own: the query above is answered by an index alone, however long the past is. */
async function countHeld(db: Kysely<Database>, now: Timestamp): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('delivery')
    .select(({ fn }) => ['channel', fn.countAll<number>().as('count')])
    .where('status', '=', PENDING)
    .where('held_until', '>', now)
    .groupBy('channel')
    .execute();
  return new Map(rows.map(({ channel, count }) => [channel, Number(count)]));
}

/** Of those delivered, how many of the last owed are looked at: they may end in another order. */
const LATELY = 50;

/** Tells when the channel last accepted something; see `OutboxReader`. */
export async function lastAcceptedAt(db: Kysely<Database>, channel: string): Promise<Timestamp | null> {
  const last = await db
    .selectFrom('delivery')
    .select('ended_at')
    .where('status', '=', DELIVERED)
    .where('channel', '=', channel)
    .orderBy('position', 'desc')
    .limit(LATELY)
    .execute();
  return last.reduce<Timestamp | null>(
    (latest, { ended_at }) => (ended_at === null ? latest : Math.max(latest ?? ended_at, ended_at)),
    null,
  );
}

/** Tells since when channels accept nothing; see `OutboxReader`. Looks up the last acceptance of just those that have failed attempts. */
export async function failingChannels(db: Kysely<Database>): Promise<Map<string, Timestamp>> {
  const failed = db.selectFrom('delivery').where('status', '=', PENDING).where('attempts_finished', '>', 0);
  const channels = await failed.select('channel').distinct().execute();
  const closings = channels.length === 0 ? null : await lastClosings(db, 0);
  const since = new Map<string, Timestamp>();
  for (const { channel } of channels) {
    const accepted = await db
      .selectFrom('delivery')
      .select(({ fn }) => fn.max<number | null>('ended_at').as('at'))
      .where('channel', '=', channel)
      .where('status', '=', DELIVERED)
      .executeTakeFirst();
    const after = Math.max(accepted?.at ?? 0, closings?.get(channel) ?? 0);
    const first = await failed
      .select(({ fn, eb }) =>
        fn
          .min<number | null>(
            eb
              .case()
              .when('first_attempt_at', '>', after)
              .then(eb.ref('first_attempt_at'))
              .else(eb.ref('last_attempt_at'))
              .end(),
          )
          .as('at'),
      )
      .where('channel', '=', channel)
      .where('last_attempt_at', '>', after)
      .executeTakeFirst();
    if (typeof first?.at === 'number') since.set(channel, first.at);
  }
  return since;
}

/** Counts what channels have given up since then and nobody has redriven; see `OutboxReader`. By an index of just that. */
export async function givenUpSince(db: Kysely<Database>, since: Timestamp): Promise<Map<string, number>> {
  const counts = await countGivenUp(db, since);
  if (counts.size === 0) return counts;
  for (const [channel, closedAt] of await lastClosings(db, since)) {
    const count = counts.has(channel) ? (await countGivenUp(db, closedAt)).get(channel) : undefined;
    if (count === undefined) counts.delete(channel);
    else counts.set(channel, count);
  }
  return counts;
}

async function countGivenUp(db: Kysely<Database>, since: Timestamp): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('delivery')
    .innerJoin('event', 'event.id', 'delivery.event_id')
    .select(({ fn }) => ['delivery.channel', fn.countAll<number>().as('count')])
    .where('delivery.status', '=', GIVEN_UP)
    .where('delivery.ended_at', '>', since)
    .where('event.has_happened', '=', 1)
    .groupBy('delivery.channel')
    .execute();
  return new Map(rows.map(({ channel, count }) => [channel, Number(count)]));
}
