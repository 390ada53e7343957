import type { Kysely } from 'kysely';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import type { AlertCommit, AlertStore, ReminderJudge, ReminderLook } from '../ports/alerts.ts';
import { readAlerts, writeAlerts } from '../queries/alerts.ts';
import { alertEvent, hasEvent, writeEvents } from '../queries/events.ts';
import { writeDrill } from '../queries/evidence/drills.ts';
import { lastFinishedAt } from '../queries/figures/finishes.ts';
import { listMutes } from '../queries/mutes/mutes.ts';
import { watchedSince } from '../queries/observations.ts';
import { dueReminders, isAnyReminderDue, moveReminders } from '../queries/reminders.ts';
import type { Database } from '../queries/schema.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the port of alerts and reminders over SQL. */
export function createAlertStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): AlertStore {
  return {
    readAlerts: guarded('read alerts', () => readAlerts(db)),
    alertEvent: guarded('read an event', (key, raisedAt) => alertEvent(db, key, raisedAt)),
    hasEvent: guarded('read an event', (id) => hasEvent(db, id)),
    lastFinishedAt: guarded('read observations', (watch) => lastFinishedAt(db, watch)),
    watchedSince: guarded('read a target', (watch) => watchedSince(db, watch)),
    commitAlerts: guarded('commit alerts', (commit) => commitAlerts(turns, commit)),
    remind: guarded('remind', (look, decide) => remind(db, turns, look, decide)),
  };
}

async function commitAlerts({ inTurn }: Turns, commit: AlertCommit): Promise<void> {
  await inTurn(async (trx, record) => {
    await writeAlerts(trx, commit);
    await writeEvents(trx, commit.events, commit.at);
    if (commit.drills) await writeDrill(trx, commit.drills);
    await record(commit.audit);
  });
}

/** Looks before it locks: most looks find nothing, and should not keep others from writing. */
async function remind(
  db: Kysely<Database>,
  { inTurn }: Turns,
  { at, limit }: ReminderLook,
  decide: ReminderJudge,
): Promise<PlannedEvent[]> {
  if (!(await isAnyReminderDue(db, at))) return [];
  return inTurn(async (trx, record) => {
    const due = await dueReminders(trx, at, limit);
    const plan = decide({ due, mutes: await listMutes(trx, { inForceAt: at }) });
    await writeEvents(trx, plan.events, at);
    await moveReminders(trx, plan, at);
    await record(plan.audit);
    return plan.events;
  });
}
