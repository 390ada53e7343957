import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { partsOfKey } from '../../domain/event/alert.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { ClockStep, SpanStore } from '../ports/spans.ts';
import { CLOCK_SLACK_MS } from '../queries/outbox/outbox.ts';
import { toAuditEntry } from '../queries/rows.ts';
import { type Database, PENDING } from '../queries/schema.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Of watches that fail, what is kept across restarts. Other alerts are found by their time, which must stay. */
const FAILING_SINCE = 'failing_since/';

/** Builds the port of spans over SQL. */
export function createSpanStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): SpanStore {
  return {
    lastWrittenAt: guarded('read the audit log', () => lastWrittenAt(db)),
    moveSpans: guarded('move spans', (step) => turns.inTurn((trx) => moveSpans(trx, step))),
  };
}

async function lastWrittenAt(db: Kysely<Database>): Promise<Timestamp | null> {
  const last = await db
    .selectFrom('audit_entry')
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last === undefined ? null : Date.parse(toAuditEntry(last).at);
}

async function moveSpans(trx: Transaction<Database>, step: ClockStep): Promise<void> {
  const { of } = step;
  await moveDeliveries(trx, step);
  if (of?.reminders !== false) await moveReminders(trx, step);
  await moveSilences(trx, step);
  await moveFailures(trx, step);
}

async function moveFailures(trx: Transaction<Database>, step: ClockStep): Promise<void> {
  const raisedAt = sql.ref<Timestamp>('raised_at');
  const failing = trx
    .updateTable('alert')
    .set({ raised_at: moved(raisedAt, raisedAt, step) })
    .where('key', 'like', `${FAILING_SINCE}%`);
  if (step.of === undefined) {
    await failing.execute();
    return;
  }
  // As few as fail: sorted out here, since a name may hold what a pattern takes for something else.
  const keys = await trx
    .selectFrom('alert')
    .select('key')
    .where('key', 'like', `${FAILING_SINCE}%`)
    .execute();
  const watches = new Set(step.of.watches);
  for (const { key } of keys) {
    if (watches.has(partsOfKey(key).about)) await failing.where('key', '=', key).execute();
  }
}

/** What is held for a digest and was never tried is due at the slot, which is a time of the day. */
async function moveDeliveries(trx: Transaction<Database>, step: ClockStep): Promise<void> {
  const column = (name: keyof Database['delivery']) => sql.ref<Timestamp>(name);
  const itself = (name: keyof Database['delivery']) => moved(column(name), column(name), step);
  const touchedAt = sql<Timestamp>`coalesce(claimed_at, last_attempt_at, created_at)`;
  await trx
    .updateTable('delivery')
    .set({
      created_at: itself('created_at'),
      first_attempt_at: itself('first_attempt_at'),
      last_attempt_at: itself('last_attempt_at'),
      claimed_at: itself('claimed_at'),
      refused_since: itself('refused_since'),
      next_attempt_at: sql<Timestamp>`case when held_until is not null and attempts_finished = 0 then next_attempt_at
        else ${moved(column('next_attempt_at'), touchedAt, step)} end`,
    })
    .where('status', '=', PENDING)
    .$if(step.of !== undefined, (query) => query.where('channel', 'in', channelsOf(step)))
    .execute();
}

async function moveReminders(trx: Transaction<Database>, step: ClockStep): Promise<void> {
  const setAt = sql<Timestamp>`next_at - wait_ms`;
  await trx
    .updateTable('reminder')
    .set({ next_at: moved(sql.ref<Timestamp>('next_at'), setAt, step) })
    .execute();
}

async function moveSilences(trx: Transaction<Database>, step: ClockStep): Promise<void> {
  const since = sql.ref<Timestamp>('since');
  await trx
    .updateTable('channel_quiet')
    .set({ since: moved(since, since, step), until: moved(sql.ref<Timestamp>('until'), since, step) })
    .$if(step.of !== undefined, (query) => query.where('channel', 'in', channelsOf(step)))
    .execute();
}

/** A list that is never empty, which no database takes. No channel is without a name. */
function channelsOf({ of }: ClockStep): string[] {
  return ['', ...(of?.channels ?? [])];
}

/** The time, unless it was written by the clock as it is now. No time stays none. */
function moved(
  time: RawBuilder<Timestamp>,
  writtenAt: RawBuilder<Timestamp>,
  { byMs, at }: ClockStep,
): RawBuilder<Timestamp> {
  return sql<Timestamp>`case when ${writtenAt} between ${at - CLOCK_SLACK_MS} and ${at} then ${time} else ${time} + ${byMs} end`;
}
