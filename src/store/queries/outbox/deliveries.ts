import { type Kysely, sql } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import type { DeliveryStatus } from '../../ports/outbox.ts';
import type { DeliveryCount, DeliveryFilter, ListedDelivery, Rows } from '../../ports/records.ts';
import { decodeCursor, toPage } from '../cursor.ts';
import { toDelivery } from '../rows.ts';
import { type Database, DELIVERED, GIVEN_UP, PENDING } from '../schema.ts';
import { toEvent } from '../stored-event.ts';
import { unindexed } from '../unindexed.ts';
import { lastClosings } from './closings.ts';
import { mustNotOvertake } from './outbox.ts';
import { isOwedByKey } from './queue.ts';

/** Lists deliveries with their events, those inserted last first. */
export async function listDeliveries(
  db: Kysely<Database>,
  filter: DeliveryFilter,
): Promise<Rows<ListedDelivery>> {
  const { channel, status, limit } = filter;
  const before = decodeCursor(filter.cursor, ['number'])?.[0];
  const positions =
    channel === undefined && status !== undefined
      ? await lastInStatus(db, status, { before, limit: limit + 1 })
      : await lastPositions(db, { channel, status, before, limit: limit + 1 });
  const rows = positions.length === 0 ? [] : await readListed(db, positions);
  return toPage(
    rows.sort((a, b) => b.position - a.position),
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

/** For the partial indexes; see `schema.ts`. */
const LITERALLY = { pending: PENDING, delivered: DELIVERED, given_up: GIVEN_UP } satisfies Record<
  DeliveryStatus,
  unknown
>;

interface PositionFilter {
  channel?: string | undefined;
  status?: DeliveryStatus | undefined;
  before: number | undefined;
  limit: number;
}

/** The last of each channel in turn, for no index holds those of one status in the order of insertion; there are few channels. */
async function lastInStatus(
  db: Kysely<Database>,
  status: DeliveryStatus,
  { before, limit }: Pick<PositionFilter, 'before' | 'limit'>,
): Promise<number[]> {
  const channels = await db
    .selectFrom('delivery_count')
    .select('channel')
    .where('status', '=', status)
    .where('count', '>', 0)
    .execute();
  const last: number[] = [];
  for (const { channel } of channels)
    last.push(...(await lastPositions(db, { channel, status, before, limit })));
  return last.sort((a, b) => b - a).slice(0, limit);
}

async function lastPositions(
  db: Kysely<Database>,
  { channel, status, before, limit }: PositionFilter,
): Promise<number[]> {
  let query = db.selectFrom('delivery').select('position').orderBy('position', 'desc').limit(limit);
  if (channel !== undefined) query = query.where('channel', '=', channel);
  if (status !== undefined) query = query.where('status', '=', LITERALLY[status]);
  if (before !== undefined) query = query.where('position', '<', before);
  return (await query.execute()).map(({ position }) => position);
}

/** Reads the deliveries at these positions, in any order, each with its event and what it waits for. */
async function readListed(db: Kysely<Database>, positions: readonly number[]) {
  return db
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
        .where(isOwedByKey(db, sql.ref<string>('d.channel')))
        .where('d.status', '=', PENDING)
        .where(mustNotOvertake())
        .as('behind_until'),
    )
    .where('d.position', 'in', positions)
    .execute();
}

/** Tells how many deliveries of each channel have which status, by kept counts; and how many of those owed wait for a digest later than `now`. */
export async function countDeliveries(db: Kysely<Database>, now: Timestamp): Promise<DeliveryCount[]> {
  const counts = await db
    .selectFrom('delivery_count')
    .select(['channel', 'status', 'count'])
    .where('count', '>', 0)
    .orderBy('channel')
    .orderBy('status')
    .execute();
  const held = await countHeld(db, now);
  return counts.map((each) => ({
    ...each,
    held: each.status === 'pending' ? (held.get(each.channel) ?? 0) : 0,
  }));
}

/** Counts what waits for a digest, by an index of just that. */
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
  const times = last.flatMap(({ ended_at }) => ended_at ?? []);
  return times.length > 0 ? Math.max(...times) : keptAcceptance(db, channel);
}

/** What is kept of it beside the counts, also when the deliveries were pruned. */
async function keptAcceptance(db: Kysely<Database>, channel: string): Promise<Timestamp | null> {
  const kept = await db
    .selectFrom('delivery_count')
    .select('last_ended_at')
    .where('channel', '=', channel)
    .where('status', '=', DELIVERED)
    .executeTakeFirst();
  return kept?.last_ended_at ?? null;
}

/** Tells since when channels accept nothing; see `OutboxReader`. Looks up the last acceptance of just those that have failed attempts. */
export async function failingChannels(db: Kysely<Database>): Promise<Map<string, Timestamp>> {
  const failed = db
    .selectFrom('delivery')
    .where('status', '=', PENDING)
    .where('attempts_finished', '>', sql.lit(0));
  const channels = await failed
    .select(({ fn }) => ['channel', fn.min<number | null>('first_attempt_at').as('at')])
    .groupBy('channel')
    .execute();
  // What was closed before all of that does not bear on it.
  const earliest = Math.min(...channels.map(({ at }) => at ?? 0));
  const closings = channels.length === 0 ? null : await lastClosings(db, earliest - 1);
  const since = new Map<string, Timestamp>();
  for (const { channel } of channels) {
    const acceptedAt = await keptAcceptance(db, channel);
    const after = Math.max(acceptedAt ?? 0, closings?.get(channel) ?? 0);
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
  // Else all that was ever given up would be gone through, channel by channel, to spare the sorting of a day.
  const channel = unindexed('delivery.channel');
  const rows = await db
    .selectFrom('delivery')
    .innerJoin('event', 'event.id', 'delivery.event_id')
    .select(({ fn }) => [channel.as('channel'), fn.countAll<number>().as('count')])
    .where('delivery.status', '=', GIVEN_UP)
    .where('delivery.ended_at', '>', since)
    .where('event.has_happened', '=', 1)
    .groupBy(channel)
    .execute();
  return new Map(rows.map(({ channel, count }) => [channel, Number(count)]));
}
