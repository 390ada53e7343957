import type { InsertObject, Kysely, Transaction } from 'kysely';
import { alertKeyOf } from '../../domain/event/alert.ts';
import { hasHappened, type WatcherEvent } from '../../domain/event/event.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { orderKeyOf } from '../../domain/telling/owed.ts';
import type { Delivery } from '../ports/outbox.ts';
import type { EventFilter, RecordedEvent, Rows } from '../ports/records.ts';
import { chunks } from './chunks.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { mutesById } from './mutes.ts';
import { writeReminders } from './reminders.ts';
import { newDelivery, toDelivery } from './rows.ts';
import type { Database } from './schema.ts';
import { toBody, toEvent } from './stored-event.ts';

/** Writes events with the deliveries and the reminders owed for them, in the given order. An event that is already there is left as it is. */
export async function writeEvents(
  trx: Transaction<Database>,
  planned: readonly PlannedEvent[],
  at: Timestamp,
): Promise<void> {
  for (const chunk of chunks(planned)) {
    const added = await insertEvents(trx, chunk);
    const news = chunk.filter(({ event }) => added.delete(event.id));
    const deliveries = news.flatMap((plan) => owed(plan, at));
    for (const rows of chunks(deliveries)) await trx.insertInto('delivery').values(rows).execute();
    await writeReminders(trx, news, at);
  }
}

/** Reads the event that raised an alert: it was detected in the instant since which the alert is raised. */
export async function alertEvent(
  db: Kysely<Database>,
  key: string,
  raisedAt: Timestamp,
): Promise<WatcherEvent | null> {
  const rows = await db
    .selectFrom('event')
    .select('body')
    .where('detected_at', '=', raisedAt)
    .where('job_id', 'is', null)
    .execute();
  const events = rows.map(({ body }) => toEvent(body)).filter(hasHappened);
  return events.find((event) => alertKeyOf(event) === key) ?? null;
}

/** Newest first, by when they were detected. */
export async function listEvents(
  db: Kysely<Database>,
  { jobId, watch, since, onlyHappened, limit, cursor }: EventFilter,
): Promise<Rows<RecordedEvent>> {
  const after = decodeCursor(cursor, ['number', 'number']);
  let query = db
    .selectFrom('event')
    .select(['position', 'id', 'detected_at', 'suppressed', 'mute_id', 'body'])
    .orderBy('detected_at', 'desc')
    .orderBy('position', 'desc')
    .limit(limit + 1);
  if (jobId !== undefined) query = query.where('job_id', '=', jobId);
  if (watch !== undefined) query = query.where('watch', '=', watch);
  if (since !== undefined) query = query.where('detected_at', '>=', since);
  if (onlyHappened === true) query = query.where('has_happened', '=', 1);
  if (after)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('detected_at', 'position'), '<', tuple(...after)),
    );
  const rows = await query.execute();
  const deliveries = await deliveriesOf(
    db,
    rows.map(({ id }) => id),
  );
  const mutes = await mutesById(
    db,
    rows.flatMap(({ mute_id }) => mute_id ?? []),
  );
  return toPage(
    rows,
    limit,
    (row) => [row.detected_at, row.position],
    (row) => ({
      event: toEvent(row.body),
      suppressed: row.suppressed,
      mute: mutes.get(row.mute_id ?? 0) ?? null,
      deliveries: deliveries.get(row.id) ?? [],
    }),
  );
}

/** The ids of those that were not there before. */
async function insertEvents(
  trx: Transaction<Database>,
  planned: readonly PlannedEvent[],
): Promise<Set<string>> {
  const rows = planned.map(({ event, suppressed, muteId }) => ({
    id: event.id,
    watch: watchOf(event) ?? '',
    job_id: jobOf(event)?.id ?? null,
    detected_at: event.detectedAt,
    suppressed,
    mute_id: muteId ?? null,
    has_happened: hasHappened(event) ? (1 as const) : (0 as const),
    body: toBody(event),
  }));
  const inserted = await trx
    .insertInto('event')
    .values(rows)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .execute();
  return new Set(inserted.map(({ id }) => id));
}

function owed(
  { event, channels, heldUntil }: PlannedEvent,
  at: Timestamp,
): Array<InsertObject<Database, 'delivery'>> {
  const orderKey = orderKeyOf(event);
  return [...new Set(channels)].map((channel) =>
    newDelivery({
      eventId: event.id,
      channel,
      orderKey,
      at,
      heldUntil: heldUntil?.get(channel) ?? null,
      insteadOf: null,
    }),
  );
}

async function deliveriesOf(
  db: Kysely<Database>,
  eventIds: readonly string[],
): Promise<Map<string, Delivery[]>> {
  if (eventIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('delivery')
    .selectAll()
    .where('event_id', 'in', eventIds)
    .orderBy('position')
    .execute();
  return Map.groupBy(rows.map(toDelivery), ({ eventId }) => eventId);
}
