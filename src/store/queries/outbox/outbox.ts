import {
  type ExpressionBuilder,
  type Kysely,
  type Selectable,
  type SqlBool,
  sql,
  type Transaction,
} from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { triedMs } from '../../../domain/telling/retry-policy.ts';
import type { ClaimedDelivery, ClaimRequest, DeliveryStatus } from '../../ports/outbox.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { toDelivery } from '../rows.ts';
import { type Database, PENDING } from '../schema.ts';
import { toEvent } from '../stored-event.ts';
import { isInQueueOf, isOwedByKey, ONE_ROW } from './queue.ts';
import { isQuiet } from './quiet.ts';

/** Clocks are corrected by less than this all the time. */
export const CLOCK_SLACK_MS = 5_000;

/**
 * True by schedule; and when the delivery was made or tried at a time that has not come yet: then the clock has been set back since,
 * and its schedule says nothing.
 */
function isDue(table: 'd' | 'earlier', now: Timestamp) {
  const touchedAt = sql<Timestamp>`coalesce(${sql.ref(`${table}.claimed_at`)}, ${sql.ref(`${table}.last_attempt_at`)}, ${sql.ref(`${table}.created_at`)})`;
  return sql<SqlBool>`(${sql.ref(`${table}.next_attempt_at`)} <= ${now} or ${touchedAt} - ${sql.lit(CLOCK_SLACK_MS)} > ${now})`;
}

/** True for what may go out now: it is due, not left out, and urgent where the channel keeps a silence. */
function mayGo(table: 'd' | 'earlier', { channel, now, except }: LookValues, { onlyUrgent }: LookForm) {
  const isUrgent = sql<SqlBool>`${sql.ref(`${table}.urgent`)} = 1`;
  const mayBeHeard = onlyUrgent ? isUrgent : sql<SqlBool>`(${isUrgent} or not ${isQuiet(channel, now)})`;
  const isMeant =
    except.length === 0
      ? sql<SqlBool>`1 = 1`
      : sql<SqlBool>`${sql.ref(`${table}.id`)} not in (${sql.join(except)})`;
  return sql<SqlBool>`(${isDue(table, now)} and ${mayBeHeard} and ${isMeant})`;
}

/**
 * True where `d` must not overtake `earlier`: both are of one job, both with digests or both without, and `earlier` stands first. What
 * is owed to one recipient alone holds up nobody else.
 */
export function mustNotOvertake() {
  return sql<SqlBool>`(earlier.order_key = d.order_key and (earlier.held_until is null) = (d.held_until is null) and (earlier.recipient is null or earlier.recipient = d.recipient) and ${placeOf('earlier')} < ${placeOf('d')})`;
}

/** The place in the order: a part stands where the whole stood. */
function placeOf(table: 'd' | 'earlier' | 'delivery') {
  return sql<number>`coalesce(${sql.ref(`${table}.part_of`)}, ${sql.ref(`${table}.position`)})`;
}

/**
 * Finds what may be claimed now; returns the positions, in the order of insertion. Reads only.
 *
 * Of one channel, nothing may overtake (see `mustNotOvertake`): a delivery waits while an earlier one is pending (`head`), or while an earlier
 * one is pending that cannot be claimed along with it (`run`). Since a claimable one comes before all that wait for it, a limit
 * never cuts a run in its middle and takes the rest.
 */
export async function findClaimable(db: Kysely<Database>, request: ClaimRequest): Promise<number[]> {
  const { channel, now, limit, perKey, held, onlyUrgent = false, except = [] } = request;
  const values = { channel, now, limit, except };
  const rows = await look(db, values, { perKey, held, onlyUrgent });
  return rows.map(({ position }) => position);
}

type LookValues = Readonly<{ channel: string; now: Timestamp; limit: number; except: readonly string[] }>;
type LookForm = Readonly<{ perKey: ClaimRequest['perKey']; held: boolean | undefined; onlyUrgent: boolean }>;

const look = keepQuery((db, values: LookValues, form: LookForm) => {
  const { channel, now, limit } = values;
  const { perKey, held } = form;
  return db
    .selectFrom('delivery as d')
    .select('d.position')
    .where(isInQueueOf(db, channel, 'd'))
    .where(mayGo('d', values, form))
    .where('d.lease_until', '<=', now)
    .$if(held !== undefined, (query) => query.where('d.held_until', held ? 'is not' : 'is', null))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('delivery as earlier')
            .select('earlier.position')
            .where(isOwedByKey(db, channel))
            .where(mustNotOvertake())
            .$if(perKey === 'run', (query) =>
              query.where(({ eb, or, not }) =>
                or([not(mayGo('earlier', values, form)), eb('earlier.lease_until', '>', now)]),
              ),
            )
            .limit(ONE_ROW.limit)
            .offset(ONE_ROW.offset),
        ),
      ),
    )
    .orderBy(placeOf('d'))
    .orderBy('d.position')
    .limit(limit);
});

/**
 * Claims the deliveries that `findClaimable` has found, within the caller's transaction, and reads them with their events.
 *
 * Another owner may have claimed some since they were found. Of the others, `head` claims each by itself; `run` claims none then,
 * because a run that has lost its beginning would overtake it.
 */
export async function claimDeliveries(
  trx: Transaction<Database>,
  found: readonly number[],
  request: ClaimRequest,
): Promise<ClaimedDelivery[]> {
  const taken = await takeLeases(trx, found, request);
  if (request.perKey === 'run' && taken.length < found.length) {
    for (const { id } of taken) await releaseClaim(trx, id, request.owner);
    return [];
  }
  return readClaimed(
    trx,
    taken.map(({ position }) => position),
    request,
  );
}

/** True of what is pending, in a form that no index answers: the rows are named, and a database that went by the status would step over all that is owed. */
export const IS_STILL_PENDING = sql<SqlBool>`(status || '') = 'pending'`;

/** Puts those under a lease that are still pending and free. The condition is in the statement: of two claims one wins. */
async function takeLeases(
  trx: Transaction<Database>,
  positions: readonly number[],
  { owner, now, leaseMs }: ClaimRequest,
): Promise<Array<{ id: string; position: number }>> {
  if (positions.length === 0) return [];
  return lease(trx, { positions, owner, now, until: now + leaseMs });
}

type Lease = Readonly<{ positions: readonly number[]; owner: string; now: Timestamp; until: Timestamp }>;

const lease = keepQuery((db, { positions, owner, now, until }: Lease) =>
  db
    .updateTable('delivery')
    .set(({ eb, fn }) => ({
      lease_owner: owner,
      lease_until: until,
      attempts_started: eb('attempts_started', '+', 1),
      // An earlier attempt that was cut off becomes one of the past.
      first_attempt_at: fn.coalesce('first_attempt_at', 'claimed_at'),
      last_attempt_at: fn.coalesce('claimed_at', 'last_attempt_at'),
      claimed_at: now,
    }))
    .where('position', 'in', positions)
    .where(IS_STILL_PENDING)
    .where('lease_until', '<=', now)
    .returning(['id', 'position']),
);

const readWithEvents = keepQuery((db, { positions }: { positions: readonly number[] }) =>
  db
    .selectFrom('delivery')
    .innerJoin('event', 'event.id', 'delivery.event_id')
    .selectAll('delivery')
    .select('event.body')
    .where('delivery.position', 'in', positions)
    .orderBy(placeOf('delivery'))
    .orderBy('delivery.position'),
);

async function readClaimed(
  trx: Transaction<Database>,
  positions: readonly number[],
  { channel, now }: ClaimRequest,
): Promise<ClaimedDelivery[]> {
  if (positions.length === 0) return [];
  const rows = await readWithEvents(trx, { positions });
  const parts = await readParts(trx, rows, channel);
  return rows.map((row) => ({
    ...toDelivery(row),
    event: toEvent(row.body),
    wasInterrupted: row.attempts_started - 1 > row.attempts_finished,
    refusedSince: row.refused_since,
    ...whoseShareIsApart(row, parts),
    isUrgent: row.urgent === 1,
    madeDue: row.made_due,
    triedMs: triedMs({
      beforeMs: row.tried_ms,
      previousAt: row.first_attempt_at === null ? null : row.last_attempt_at,
      plannedAt: row.next_attempt_at,
      now,
    }),
  }));
}

type Part = Pick<
  Selectable<Database['delivery']>,
  'recipient' | 'part_of' | 'status' | 'order_key' | 'held_until'
>;

/** What single recipients are owed that bears on these deliveries: their parts, and what is pending in the same queues. */
async function readParts(
  trx: Transaction<Database>,
  rows: ReadonlyArray<Pick<Selectable<Database['delivery']>, 'position' | 'order_key'>>,
  channel: string,
): Promise<Part[]> {
  const wholes = rows.map(({ position }) => position);
  const orderKeys = [...new Set(rows.map(({ order_key }) => order_key))];
  return [...(await partsOf(trx, { wholes })), ...(await waitingParts(trx, { channel, orderKeys }))];
}

const PART = [
  'recipient',
  'part_of',
  sql<DeliveryStatus>`status`.as('status'),
  'order_key',
  'held_until',
] as const;

const partsOf = keepQuery((db, { wholes }: { wholes: readonly number[] }) =>
  db.selectFrom('delivery').select(PART).where('part_of', 'in', wholes),
);

const waitingParts = keepQuery(
  (db, { channel, orderKeys }: { channel: string; orderKeys: readonly string[] }) =>
    db
      .selectFrom('delivery')
      .select(PART)
      .where(isOwedByKey(db, channel, 'delivery'))
      .where('order_key', 'in', orderKeys)
      .where('recipient', 'is not', null),
);

/** A delivery to one recipient is for that one, whoever else waits. */
function whoseShareIsApart(
  { position, recipient, order_key, held_until }: Selectable<Database['delivery']>,
  parts: readonly Part[],
): Pick<ClaimedDelivery, 'apart' | 'behind'> {
  if (recipient !== null) return { apart: [], behind: [] };
  const namesOf = (found: readonly Part[]): string[] => [
    ...new Set(found.flatMap((part) => part.recipient ?? [])),
  ];
  const apart = namesOf(parts.filter(({ part_of }) => part_of === position));
  const behind = namesOf(
    parts.filter(
      (part) =>
        part.status === 'pending' &&
        part.order_key === order_key &&
        (part.held_until === null) === (held_until === null) &&
        (part.part_of ?? position) < position,
    ),
  );
  return { apart, behind: behind.filter((name) => !apart.includes(name)) };
}

/** Prolongs the leases that `owner` holds on these and that nobody has taken over. */
export async function renewLeases(
  db: Kysely<Database>,
  ids: readonly string[],
  owner: string,
  until: Timestamp,
): Promise<void> {
  await prolong(db, { ids, owner, until });
}

type Prolonging = Readonly<{ ids: readonly string[]; owner: string; until: Timestamp }>;

const prolong = keepQuery((db, { ids, owner, until }: Prolonging) =>
  db
    .updateTable('delivery')
    .set({ lease_until: until })
    .where('id', 'in', ids)
    .where('lease_owner', '=', owner)
    .where(IS_STILL_PENDING),
);

/**
 * Gives a lease back as if the delivery had not been claimed: the attempt does not count. Only a lease that is still there can be
 * given back: a second release finds nothing.
 */
export async function releaseClaim(
  trx: Transaction<Database>,
  id: string,
  owner: string | undefined,
): Promise<void> {
  let query = trx
    .updateTable('delivery')
    .set(unclaimed)
    .where('id', '=', id)
    .where('status', '=', PENDING)
    .where('lease_owner', 'is not', null);
  if (owner !== undefined) query = query.where('lease_owner', '=', owner);
  await query.execute();
}

/** Gives back in the same way all leases of this owner on what is owed to the channel, but for those in `except`. */
export async function giveBackClaims(
  trx: Transaction<Database>,
  { channel, owner, except = [] }: Pick<ClaimRequest, 'channel' | 'owner' | 'except'>,
): Promise<void> {
  let query = trx
    .updateTable('delivery')
    .set(unclaimed)
    .where('channel', '=', channel)
    .where('status', '=', PENDING)
    .where('lease_owner', '=', owner);
  if (except.length > 0) query = query.where('id', 'not in', except);
  await query.execute();
}

const unclaimed = ({ eb }: ExpressionBuilder<Database, 'delivery'>) => ({
  attempts_started: eb('attempts_started', '-', 1),
  claimed_at: null,
  lease_owner: null,
  lease_until: 0,
});
