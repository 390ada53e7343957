import { type Kysely, sql, type Transaction } from 'kysely';
import type { AuditDraft } from '../../../domain/audit.ts';
import type { WatcherEvent } from '../../../domain/event/event.ts';
import { jobOf, watchOf } from '../../../domain/event/subject.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import { deliveryId } from '../../../domain/telling/owed.ts';
import type { FallbackRequest } from '../../ports/outbox.ts';
import { chunks } from '../chunks.ts';
import { newDelivery } from '../rows.ts';
import { type Database, GIVEN_UP, PENDING } from '../schema.ts';
import { toEvent } from '../stored-event.ts';

/** What is older is past helping; and a fallback that is new in the configuration does not get everything that ever failed. */
const REACH_MS = 48 * 3_600_000;

/** A delivery whose event the fallback is to get. */
export interface Missed {
  position: number;
  event_id: string;
  order_key: string;
}

/** When it was to be delivered: what waits for a digest is not late before its slot. In this form it stands in an index. */
const OWED_SINCE = sql<Timestamp>`coalesce(d.held_until, d.created_at)`;

/** Finds the deliveries of the channel whose events its fallback should get and is not owed, in the order of insertion. Reads only. */
export async function owedByFallback(
  db: Kysely<Database>,
  { channel, fallback, notAcceptedSince, at }: FallbackRequest,
): Promise<Missed[]> {
  const missed = db
    .selectFrom('delivery as d')
    .select(['d.position', 'd.event_id', 'd.order_key'])
    .where('d.channel', '=', channel)
    .where(OWED_SINCE, '>', at - REACH_MS)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('delivery as other')
            .select('other.position')
            // By id, for its index: what a delivery is called ends with its channel.
            .where('other.id', '=', sql<string>`d.event_id || ${deliveryId('', fallback)}`),
        ),
      ),
    );
  // Two questions rather than one with "or": each has an index of its own.
  const givenUp = await missed.where('d.status', '=', GIVEN_UP).execute();
  const waiting = await missed
    .where('d.status', '=', PENDING)
    .where(OWED_SINCE, '<=', notAcceptedSince)
    .execute();
  return [...givenUp, ...waiting].sort((a, b) => a.position - b.position);
}

/**
 * Owes to the fallback what `owedByFallback` has found, within the caller's transaction; returns the events, in the order of insertion.
 * What somebody else has owed to it since is left as it is, and not returned.
 */
export async function writeFallbacks(
  trx: Transaction<Database>,
  missed: readonly Missed[],
  { channel, fallback, at }: FallbackRequest,
): Promise<WatcherEvent[]> {
  const events: WatcherEvent[] = [];
  for (const chunk of chunks(missed)) {
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
  return events;
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
