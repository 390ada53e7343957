import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely';
import { alertKeyOf } from '../../domain/event/alert.ts';
import { kindOf, type WatcherEvent } from '../../domain/event/event.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import { subjectKey, watchOf } from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { DueReminder } from '../../domain/telling/due-reminder.ts';
import { orderKeyOf } from '../../domain/telling/owed.ts';
import type { ReminderPlan } from '../../domain/telling/reminder.ts';
import { readAlerts } from './alerts.ts';
import { chunks } from './chunks.ts';
import { lastFinishedAt } from './figures/finishes.ts';
import { readObservations } from './observations.ts';
import { CLOCK_SLACK_MS } from './outbox/outbox.ts';
import { type Database, PENDING } from './schema.ts';
import { toEvent } from './stored-event.ts';

/**
 * Writes the reminders that events ask for, within the caller's transaction. The first comes as long after the event as every further
 * one after the one before.
 */
export async function writeReminders(
  trx: Transaction<Database>,
  planned: readonly PlannedEvent[],
  at: Timestamp,
): Promise<void> {
  const wanted = planned.flatMap(({ event, reminders = [] }) =>
    reminders.map(({ channel, everyMs }) => ({
      event_id: event.id,
      channel,
      next_at: at + everyMs,
      wait_ms: everyMs,
      count: 0,
    })),
  );
  for (const rows of chunks(wanted)) await trx.insertInto('reminder').values(rows).execute();
}

/** True by schedule; and when the next time lies further ahead than it was ever set, for then the clock has been set back since. */
function isDue(at: Timestamp) {
  return sql<SqlBool>`(r.next_at <= ${at} or r.next_at - r.wait_ms > ${at + CLOCK_SLACK_MS})`;
}

/** Tells whether `dueReminders` would find any. Reads only. */
export async function isAnyReminderDue(db: Kysely<Database>, at: Timestamp): Promise<boolean> {
  const row = await db.selectFrom('reminder as r').select('r.event_id').where(isDue(at)).executeTakeFirst();
  return row !== undefined;
}

/** Reads the reminders that are due, the longest due first, each with what the store knows at this moment of what it is about. */
export async function dueReminders(
  trx: Transaction<Database>,
  at: Timestamp,
  limit: number,
): Promise<DueReminder[]> {
  const rows = await trx
    .selectFrom('reminder as r')
    .innerJoin('event as e', 'e.id', 'r.event_id')
    .select(['r.channel', 'r.count', 'e.body'])
    .where(isDue(at))
    .orderBy('r.next_at')
    .orderBy('r.event_id')
    .orderBy('r.channel')
    .limit(limit)
    .execute();
  const due = rows.map((row) => ({ row, first: toEvent(row.body) }));
  const observed = await observationsOf(
    trx,
    due.map(({ first }) => first),
  );
  const owed = await keysOwed(trx, due);
  const alerts = await readAlerts(trx);
  const reminders: DueReminder[] = [];
  for (const { row, first } of due) {
    reminders.push({
      first,
      channel: row.channel,
      count: row.count,
      observation: observed.get(subjectKey(first.subject)) ?? null,
      raisedAt: alerts.get(alertKeyOf(first) ?? '') ?? null,
      lastFinishedAt:
        kindOf(first.name).opens === 'drill' ? await lastFinishedAt(trx, watchOf(first) ?? '') : null,
      isStillOwed: owed.get(row.channel)?.has(orderKeyOf(first)) ?? false,
    });
  }
  return reminders;
}

/** Which order keys of these reminders have something pending, by channel. */
async function keysOwed(
  trx: Transaction<Database>,
  due: ReadonlyArray<{ row: { channel: string }; first: WatcherEvent }>,
): Promise<Map<string, Set<string>>> {
  if (due.length === 0) return new Map();
  const rows = await trx
    .selectFrom('delivery')
    .select(['channel', 'order_key'])
    .distinct()
    .where('status', '=', PENDING)
    .where('channel', 'in', [...new Set(due.map(({ row }) => row.channel))])
    .where('order_key', 'in', [...new Set(due.map(({ first }) => orderKeyOf(first)))])
    .execute();
  const byChannel = Map.groupBy(rows, ({ channel }) => channel);
  return new Map(
    [...byChannel].map(([channel, owed]) => [channel, new Set(owed.map((row) => row.order_key))]),
  );
}

/** By the job's subject. */
async function observationsOf(
  trx: Transaction<Database>,
  events: readonly WatcherEvent[],
): Promise<Map<string, Observation>> {
  const found = new Map<string, Observation>();
  const jobs = events.flatMap(({ subject }) => (subject.kind === 'job' ? [subject] : []));
  for (const [watch, ofWatch] of Map.groupBy(jobs, (subject) => subject.watch)) {
    const observations = await readObservations(trx, watch, [...new Set(ofWatch.map(({ job }) => job.id))]);
    for (const subject of ofWatch) {
      const observation = observations.get(subject.job.id);
      if (observation) found.set(subjectKey(subject), observation);
    }
  }
  return found;
}

/** Writes down when reminders are looked at again, and removes those that are over, within the caller's transaction. */
export async function moveReminders(
  trx: Transaction<Database>,
  { next, ended }: Pick<ReminderPlan, 'next' | 'ended'>,
  at: Timestamp,
): Promise<void> {
  for (const { eventId, channel, count, waitMs } of next) {
    await trx
      .updateTable('reminder')
      .set({ next_at: at + waitMs, wait_ms: waitMs, count })
      .where('event_id', '=', eventId)
      .where('channel', '=', channel)
      .execute();
  }
  for (const { eventId, channel } of ended) {
    await trx.deleteFrom('reminder').where('event_id', '=', eventId).where('channel', '=', channel).execute();
  }
}
