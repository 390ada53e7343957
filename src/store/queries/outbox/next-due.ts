import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, type SqlBool, sql } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import type { DueFilter } from '../../ports/outbox.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { type Database, PENDING } from '../schema.ts';
import { mustNotOvertake } from './outbox.ts';
import { isInHandOf, isOwedByKey, ONE_ROW } from './queue.ts';

/**
 * Tells when the channel has something due next; see `OutboxReader`. Of each queue only the first counts: the others wait for it.
 *
 * A few reads, however much is owed: what is in hand is little, and of the rest the first one of each slot decides, by an index in the order
 * of their schedule. What stands behind others in its queue and would be earlier by its own schedule is stepped over, with turns for
 * everybody else in between.
 */
export async function nextDueAt(
  db: Kysely<Database>,
  channel: string,
  { owedAt = Number.MAX_SAFE_INTEGER }: DueFilter = {},
): Promise<Timestamp | null> {
  const [quiet] = await silence(db, { channel });
  const inHand = await freeFromLease(db, { channel, owedAt });
  const dues: Timestamp[] = [];
  for (const urgent of [0, 1] as const) {
    const leased = inHand.find((row) => row.urgent === urgent)?.free_at;
    const waiting = await earliestOf(db, { channel, urgent, owedAt });
    const free = [leased, waiting].filter((at) => typeof at === 'number');
    // What is urgent waits for no silence.
    if (free.length > 0) dues.push(Math.max(Math.min(...free), urgent === 1 ? 0 : (quiet?.until ?? 0)));
  }
  return dues.length === 0 ? null : Math.min(...dues);
}

/** Of what is looked through: a channel, what of it is urgent or is not, and one slot of its digests. */
type Part = Readonly<{ channel: string; urgent: 0 | 1; slot: Timestamp }>;

/** A place in the order of the schedule. */
type Place = Readonly<{ at: Timestamp; position: number }>;

const silence = keepQuery((db, { channel }: { channel: string }) =>
  db.selectFrom('channel_quiet').select('until').where('channel', '=', channel),
);

/** As it stands in the index; 0: it waits for no digest. */
const SLOT = sql<Timestamp>`coalesce(d.held_until, 0)`;

/** When the first of what is under a lease is free, by lease and schedule. */
const freeFromLease = keepQuery((db, { channel, owedAt }: { channel: string; owedAt: Timestamp }) =>
  db
    .selectFrom('delivery as d')
    .select([
      'd.urgent',
      sql<Timestamp>`min(case when d.lease_until > d.next_attempt_at then d.lease_until else d.next_attempt_at end)`.as(
        'free_at',
      ),
    ])
    .where(isInHandOf(db, channel))
    .where(IS_PENDING)
    .where(SLOT, '<=', owedAt)
    .where(isFirst(db, channel))
    .groupBy(sql`d.urgent`),
);

/** In a form that no index answers: what is in hand is little, and what is pending need not be. */
const IS_PENDING = sql<SqlBool>`(d.status || '') = 'pending'`;

function isFirst(db: Kysely<Database>, channel: string) {
  return sql<SqlBool>`not exists (select earlier.position from delivery as earlier where ${isOwedByKey(db, channel)} and ${mustNotOvertake()} limit ${ONE_ROW.limit} offset ${ONE_ROW.offset})`;
}

/** When the first of what is not in hand is due by its schedule, whatever silence the channel keeps. */
async function earliestOf(
  db: Kysely<Database>,
  { owedAt, ...which }: Omit<Part, 'slot'> & { owedAt: Timestamp },
): Promise<Timestamp | null> {
  let earliest: Timestamp | null = null;
  let [next] = await nextSlot(db, { ...which, slot: -1, owedAt });
  while (next) {
    const { slot } = next;
    const at = await earliestIn(db, { ...which, slot });
    if (at !== null) earliest = Math.min(at, earliest ?? at);
    [next] = await nextSlot(db, { ...which, slot, owedAt });
  }
  return earliest;
}

const nextSlot = keepQuery((db, { channel, urgent, slot, owedAt }: Part & { owedAt: Timestamp }) =>
  db
    .selectFrom('delivery as d')
    .select(SLOT.as('slot'))
    .where('d.channel', '=', channel)
    .where('d.status', '=', PENDING)
    .where('d.urgent', '=', urgent)
    .where(SLOT, '>', slot)
    .where(SLOT, '<=', owedAt)
    .orderBy(SLOT)
    .limit(1),
);

/** So many are stepped over at once. */
const STEP = 1_000;

async function earliestIn(db: Kysely<Database>, part: Part): Promise<Timestamp | null> {
  let from: Place = { at: Number.MIN_SAFE_INTEGER, position: 0 };
  for (;;) {
    const [last] = await placeBehind(db, { ...part, ...from });
    const to = last ?? { at: Number.MAX_SAFE_INTEGER, position: 0 };
    const [first] = await firstBetween(db, {
      ...part,
      ...from,
      lastAt: to.at,
      lastPosition: to.position,
    });
    if (first !== undefined) return first.at;
    if (last === undefined) return null;
    from = last;
    await nextTurn();
  }
}

/** What is not in hand, in the order of its schedule, from a place on. */
function inOrder(db: Kysely<Database>, { channel, urgent, slot, at, position }: Part & Place) {
  return db
    .selectFrom('delivery as d')
    .where('d.channel', '=', channel)
    .where('d.status', '=', PENDING)
    .where('d.urgent', '=', urgent)
    .where(SLOT, '=', slot)
    .where(sql<SqlBool>`(d.next_attempt_at, d.position) > (${at}, ${position})`)
    .orderBy('d.next_attempt_at')
    .orderBy('d.position')
    .limit(1);
}

const placeBehind = keepQuery((db, from: Part & Place) =>
  inOrder(db, from)
    .select(['d.next_attempt_at as at', 'd.position'])
    .offset(sql.lit(STEP - 1)),
);

type Stretch = Part & Place & Readonly<{ lastAt: Timestamp; lastPosition: number }>;

/** The first of its queue between two places. */
const firstBetween = keepQuery((db, { lastAt, lastPosition, ...from }: Stretch) =>
  inOrder(db, from)
    .select('d.next_attempt_at as at')
    .where(sql<SqlBool>`(d.next_attempt_at, d.position) <= (${lastAt}, ${lastPosition})`)
    .where('d.lease_owner', 'is', null)
    .where(isFirst(db, from.channel)),
);
