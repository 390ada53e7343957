import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely';
import type { AuditDraft } from '../../../domain/audit.ts';
import type { WatcherEvent } from '../../../domain/event/event.ts';
import { jobOf, watchOf } from '../../../domain/event/subject.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { deliveryId } from '../../../domain/telling/owed.ts';
import type { FallbackRequest } from '../../ports/outbox.ts';
import { chunks, MANY_IDS } from '../chunks.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { newDelivery } from '../rows.ts';
import { type Database, FOREVER, GIVEN_UP, PENDING } from '../schema.ts';
import { toEvent } from '../stored-event.ts';

/** What is older is past helping; and a fallback that is new in the configuration does not get everything that ever failed. */
const REACH_MS = 48 * 3_600_000;

/** A delivery that the channel has given up or not made in time, and of which a fallback is not known to be owed the event. */
export interface Late {
  position: number;
  event_id: string;
  order_key: string;
  /** 1: it is owed the event all the same, as by a route. */
  is_covered: SqlBool;
}

/** When it was to be delivered: what waits for a digest is not late before its slot. In this form it stands in an index. */
const OWED_SINCE = sql<Timestamp>`coalesce(d.held_until, d.created_at)`;

type Look = Readonly<{
  channel: string;
  fallback: string;
  idEnd: string;
  after: Timestamp;
  until: Timestamp;
}>;

/** Goes through what is covered by none, and then by each channel there is but the fallback: so never through what the fallback has. */
const look = keepQuery(
  (db, { channel, fallback, idEnd, after, until }: Look, { status }: { status: 'pending' | 'given_up' }) =>
    db
      .selectFrom('delivery as d')
      .select(['d.position', 'd.event_id', 'd.order_key'])
      .select(({ exists, selectFrom }) =>
        exists(
          selectFrom('delivery as other')
            .select('other.position')
            // By id, for its index: what a delivery is called ends with its channel.
            .where('other.id', '=', sql<string>`d.event_id || ${idEnd}`),
        ).as('is_covered'),
      )
      .where('d.channel', '=', channel)
      .where('d.status', '=', status === 'pending' ? PENDING : GIVEN_UP)
      .where(
        sql<SqlBool>`d.covered_by in (select '' union all select channel from delivery_count where channel <> ${fallback})`,
      )
      .where(OWED_SINCE, '>', after)
      .where(OWED_SINCE, '<=', until),
);

/**
 * Finds the deliveries of the channel whose events its fallback should get and is not known to be owed, in the order of insertion. Reads
 * only, and steps over nothing that `writeFallbacks` has written down for the same fallback, however much that is.
 */
export async function findLate(
  db: Kysely<Database>,
  { channel, fallback, notAcceptedSince, at }: FallbackRequest,
): Promise<Late[]> {
  const lately = { channel, fallback, idEnd: deliveryId('', fallback), after: at - REACH_MS };
  // Two questions rather than one with "or": each has an index of its own.
  const givenUp = await look(db, { ...lately, until: FOREVER }, { status: 'given_up' });
  const waiting = await look(db, { ...lately, until: notAcceptedSince }, { status: 'pending' });
  return [...givenUp, ...waiting].sort((a, b) => a.position - b.position);
}

/**
 * Owes to the fallback what `findLate` has found and it is not owed, within the caller's transaction, and writes down that it has all of
 * that; returns the events, in the order of insertion. What somebody else has owed to it since is left as it is, and not returned.
 */
export async function writeFallbacks(
  trx: Transaction<Database>,
  late: readonly Late[],
  { channel, fallback, at }: FallbackRequest,
): Promise<WatcherEvent[]> {
  const events: WatcherEvent[] = [];
  for (const chunk of chunks(late.filter(({ is_covered }) => !is_covered))) {
    const rows = chunk.map(({ event_id, order_key }) =>
      newDelivery({
        eventId: event_id,
        channel: fallback,
        orderKey: order_key,
        at,
        heldUntil: null,
        insteadOf: channel,
      }),
    );
    const added = await trx
      .insertInto('delivery')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute();
    events.push(
      ...(await eventsOf(
        trx,
        added.map(({ id }) => id),
      )),
    );
  }
  await noteCovered(trx, late, fallback);
  return events;
}

/** Writes down that the fallback is owed the events of these deliveries. */
export async function noteCovered(
  trx: Transaction<Database>,
  late: readonly Late[],
  fallback: string,
): Promise<void> {
  const positions = late.map(({ position }) => position);
  for (const chunk of chunks(positions, MANY_IDS))
    await trx.updateTable('delivery').set({ covered_by: fallback }).where('position', 'in', chunk).execute();
}

/** The events of these deliveries, in the order of insertion. */
async function eventsOf(trx: Transaction<Database>, deliveryIds: readonly string[]): Promise<WatcherEvent[]> {
  if (deliveryIds.length === 0) return [];
  const rows = await trx
    .selectFrom('event')
    .innerJoin('delivery', 'delivery.event_id', 'event.id')
    .select('event.body')
    .where('delivery.id', 'in', deliveryIds)
    .orderBy('delivery.position')
    .execute();
  return rows.map(({ body }) => toEvent(body));
}

/** Makes the audit entry that says that the fallback is told, and why. */
export function fallbackEntry(event: WatcherEvent, { channel, fallback, at }: FallbackRequest): AuditDraft {
  return {
    at,
    kind: 'decision',
    data: {
      eventId: event.id,
      event: event.name,
      watch: watchOf(event) ?? '',
      jobId: jobOf(event)?.id ?? null,
      decision: 'deliver',
      channel: fallback,
      reason: 'fallback',
      insteadOf: channel,
    },
  };
}
