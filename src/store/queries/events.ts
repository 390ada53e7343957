import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import { alertKeyOf } from '../../domain/event/alert.ts';
import { hasHappened, type WatcherEvent } from '../../domain/event/event.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { matchesGlob } from '../../domain/telling/glob.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import { orderKeyOf } from '../../domain/telling/owed.ts';
import type { Delivery } from '../ports/outbox.ts';
import type { EventFilter, RecordedEvent, Rows } from '../ports/records.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { keepQuery } from './kept/kept-query.ts';
import { keepRows } from './kept/kept-rows.ts';
import { mutesById } from './mutes/mutes.ts';
import { writeReminders } from './reminders.ts';
import { type NewDelivery, newDelivery, toDelivery } from './rows.ts';
import type { Database } from './schema.ts';
import { toBody, toEvent } from './stored-event.ts';
import { unindexed } from './unindexed.ts';

/** Writes events with the deliveries and the reminders owed for them, in the given order. An event that is already there is left as it is. */
export async function writeEvents(
  trx: Transaction<Database>,
  planned: readonly PlannedEvent[],
  at: Timestamp,
): Promise<void> {
  const inserted = await insertEvents(trx, planned.map(toRow));
  const added = new Set(inserted.map(({ id }) => id));
  const news = planned.filter(({ event }) => added.delete(event.id));
  await insertDeliveries(
    trx,
    news.flatMap((plan) => owed(plan, at)),
  );
  await writeReminders(trx, news, at);
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

/** Tells whether an event of this id is on record. */
export async function hasEvent(db: Kysely<Database>, id: string): Promise<boolean> {
  return (await eventOfId(db, { id })).length > 0;
}

const eventOfId = keepQuery((db, { id }: { id: string }) =>
  db.selectFrom('event').select('id').where('id', '=', id),
);

/** So many events are looked at for one page of those that have happened: what is only told again may fill whole weeks. */
const STEPS = 2_000;

/** Lists events newest first, by when they were detected. A page may hold fewer than `limit` and not be the last. */
export async function listEvents(db: Kysely<Database>, filter: EventFilter): Promise<Rows<RecordedEvent>> {
  const { limit, jobId } = filter;
  let after = decodeCursor(filter.cursor, ['number', 'number']);
  const rows: Awaited<ReturnType<typeof readEvents>> = [];
  let looked = 0;
  let isEnd = false;
  do {
    // Others have their turn in between: the store holds the event loop while it reads.
    if (looked > 0) await nextTurn();
    const found = await readEvents(db, filter, after);
    const last = found.at(-1);
    if (last) after = [last.detected_at, last.position];
    rows.push(...found.filter((row) => isWanted(row, filter)));
    looked += found.length;
    isEnd = found.length <= limit;
    // What happened to one job is shown whole.
  } while (rows.length <= limit && !isEnd && (looked < STEPS || jobId !== undefined));

  const [deliveries, mutes] = [await deliveriesOf(db, rows), await mutesOf(db, rows)];
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
    isEnd ? null : after,
  );
}

/** Of what no index knows. */
function isWanted(
  { has_happened, body }: { has_happened: 0 | 1; body: string },
  { onlyHappened = false, target }: EventFilter,
): boolean {
  if (onlyHappened && has_happened === 0) return false;
  return target === undefined || matchesGlob(target, jobOf(toEvent(body))?.targetClusterName ?? null);
}

/** Reads one event more than a page holds, whether it has happened or not. */
async function readEvents(
  db: Kysely<Database>,
  { jobId, watch, since, until, limit }: EventFilter,
  after: readonly [detectedAt: number, position: number] | null,
) {
  let query = db
    .selectFrom('event')
    .select(['position', 'id', 'detected_at', 'suppressed', 'mute_id', 'has_happened', 'body'])
    .orderBy('detected_at', 'desc')
    .orderBy('position', 'desc')
    .limit(limit + 1);
  if (jobId !== undefined) query = query.where('job_id', '=', jobId);
  // What happened to one job is little; what happened in its watch is not.
  if (watch !== undefined)
    query = query.where(jobId === undefined ? 'watch' : unindexed('watch'), '=', watch);
  if (since !== undefined) query = query.where('detected_at', '>=', since);
  if (until !== undefined) query = query.where('detected_at', '<', until);
  if (after)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('detected_at', 'position'), '<', tuple(...after)),
    );
  return query.execute();
}

/** Tells when the oldest event on record was detected; see `KeepingStore`. */
export async function oldestEventAt(db: Kysely<Database>): Promise<Timestamp | null> {
  const [oldest] = await firstEvent(db, {});
  return oldest?.detected_at ?? null;
}

const firstEvent = keepQuery((db) =>
  db.selectFrom('event').select('detected_at').orderBy('detected_at').limit(1),
);

/** Returns the ids of those that were not there before. */
const insertEvents = keepRows((db, rows: Array<ReturnType<typeof toRow>>) =>
  db
    .insertInto('event')
    .values(rows)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id'),
);

function toRow({ event, suppressed, muteId }: PlannedEvent) {
  return {
    id: event.id,
    watch: watchOf(event) ?? '',
    job_id: jobOf(event)?.id ?? null,
    detected_at: event.detectedAt,
    suppressed,
    mute_id: muteId ?? null,
    has_happened: hasHappened(event) ? (1 as const) : (0 as const),
    body: toBody(event),
  };
}

const insertDeliveries = keepRows((db, rows: NewDelivery[]) => db.insertInto('delivery').values(rows));

function owed({ event, channels, heldUntil }: PlannedEvent, at: Timestamp): NewDelivery[] {
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

function mutesOf(db: Kysely<Database>, rows: ReadonlyArray<{ mute_id: Mute['id'] | null }>) {
  return mutesById(
    db,
    rows.flatMap(({ mute_id }) => mute_id ?? []),
  );
}

async function deliveriesOf(
  db: Kysely<Database>,
  events: ReadonlyArray<{ id: string }>,
): Promise<Map<string, Delivery[]>> {
  if (events.length === 0) return new Map();
  const rows = await db
    .selectFrom('delivery')
    .selectAll()
    .where(
      'event_id',
      'in',
      events.map(({ id }) => id),
    )
    .execute();
  rows.sort((a, b) => a.position - b.position);
  return Map.groupBy(rows.map(toDelivery), ({ eventId }) => eventId);
}
