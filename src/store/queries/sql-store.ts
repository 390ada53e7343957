import type { Kysely } from 'kysely';
import type { AuditDraft } from '../../domain/audit.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { StoreError } from '../../errors.ts';
import type { AlertCommit, ReminderJudge, ReminderLook } from '../ports/alerts.ts';
import type { PollCommit } from '../ports/jobs.ts';
import type { ClaimedDelivery, ClaimRequest, DeliveryOutcome, FallbackRequest } from '../ports/outbox.ts';
import type { Store } from '../store.ts';
import { readAlerts, writeAlerts } from './alerts.ts';
import { appendAudit, auditHead, mirroredSeq, noteMirrored, readAudit } from './audit-log.ts';
import { countDeliveries, failingChannels, listDeliveries } from './deliveries.ts';
import { lastLookAt, noteLook } from './discoveries.ts';
import { listEvents, writeEvents } from './events.ts';
import { fallbackEntry, owedByFallback, writeFallbacks } from './fallbacks.ts';
import { addMute, listMutes, removeMute } from './mutes.ts';
import {
  countJobs,
  finishedDurations,
  lastFinishedAt,
  listObservations,
  oldestRunning,
  readObservations,
  readTarget,
  watchedSince,
  writeBaseline,
  writeObservations,
} from './observations.ts';
import { claimDeliveries, findClaimable, nextDueAt, renewLeases } from './outbox.ts';
import { redriveGivenUp, writeOutcome } from './outcomes.ts';
import { dueReminders, isAnyReminderDue, moveReminders } from './reminders.ts';
import type { Database } from './schema.ts';

export interface SqlStoreParts {
  /** Its transactions hold the write lock from their start. */
  db: Kysely<Database>;
  claimDaemon(): Promise<void>;
  close(): Promise<void>;
  /** Turns a fault of the engine into a StoreError; `doing` completes "cannot …". What is no fault of the engine comes back as it is. */
  toStoreError(thrown: unknown, doing: string): unknown;
}

/** The port over SQL. What is peculiar to one engine comes in as parts. Closing waits for what is in hand. */
export function createSqlStore({ db, claimDaemon, close, toStoreError }: SqlStoreParts): Store {
  const inHand = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  function guarded<Args extends unknown[], Result>(
    doing: string,
    method: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      if (closing) throw new StoreError('unavailable', `Cannot ${doing}: the store is closed`);
      const work = method(...args);
      inHand.add(work);
      try {
        return await work;
      } catch (thrown) {
        throw toStoreError(thrown, doing);
      } finally {
        inHand.delete(work);
      }
    };
  }

  async function closeOnce(): Promise<void> {
    await Promise.allSettled(inHand);
    await close();
  }

  return {
    claimDaemon: guarded('claim the store', claimDaemon),

    readTarget: guarded('read a target', (key, now) => readTarget(db, key, now)),
    readObservations: guarded('read observations', (watch, ids) => readObservations(db, watch, ids)),
    finishedDurations: guarded('read observations', (key, limit) => finishedDurations(db, key, limit)),
    commitPoll: guarded('commit a poll', (commit) => commitPoll(db, commit)),
    commitAlerts: guarded('commit alerts', (commit) => commitAlerts(db, commit)),
    readAlerts: guarded('read alerts', () => readAlerts(db)),
    lastLookAt: guarded('read when instances were looked for', (key) => lastLookAt(db, key)),
    noteLook: guarded('note that instances were looked for', (key, at) => noteLook(db, key, at)),
    lastFinishedAt: guarded('read observations', (watch) => lastFinishedAt(db, watch)),
    watchedSince: guarded('read a target', (watch) => watchedSince(db, watch)),
    recordAudit: guarded('write the audit log', (drafts) => recordAudit(db, drafts)),

    claimDeliveries: guarded('claim deliveries', (request) => claimDue(db, request)),
    renewLeases: guarded('renew leases', async (ids, owner, until) => {
      if (ids.length > 0) await renewLeases(db, ids, owner, until);
    }),
    recordOutcomes: guarded('record outcomes', (outcomes, audit, owner) =>
      recordOutcomes(db, outcomes, audit, owner),
    ),
    oweFallbacks: guarded('owe fallbacks', (request) => oweFallbacks(db, request)),
    failingChannels: guarded('read the outbox', () => failingChannels(db)),
    nextDueAt: guarded('read the outbox', (channel) => nextDueAt(db, channel)),
    remind: guarded('remind', (request, decide) => remind(db, request, decide)),

    listObservations: guarded('list observations', (filter) => listObservations(db, filter)),
    listEvents: guarded('list events', (filter) => listEvents(db, filter)),
    listDeliveries: guarded('list deliveries', (filter) => listDeliveries(db, filter)),
    redrive: guarded('redrive deliveries', (which, at) => redrive(db, which, at)),
    addMute: guarded('add a mute', (request) => addMute(db, request)),
    removeMute: guarded('remove a mute', (id, at, by) => removeMute(db, id, at, by)),
    listMutes: guarded('list mutes', (filter) => listMutes(db, filter)),
    oldestRunning: guarded('list observations', (watch, limit) => oldestRunning(db, watch, limit)),
    countJobs: guarded('count jobs', () => countJobs(db)),
    countDeliveries: guarded('count deliveries', (now) => countDeliveries(db, now)),

    readAudit: guarded('read the audit log', (afterSeq, limit) => readAudit(db, afterSeq, limit)),
    auditHead: guarded('read the audit log', () => auditHead(db)),
    noteMirrored: guarded('write the audit log', (seq) => noteMirrored(db, seq)),
    mirroredSeq: guarded('read the audit log', () => mirroredSeq(db)),

    checkWritable: guarded('write', () => checkWritable(db)),
    close: () => {
      closing ??= closeOnce();
      return closing;
    },
  };
}

async function commitPoll(db: Kysely<Database>, commit: PollCommit): Promise<void> {
  const { targetKey, watch, at, takesBaseline, observations, events, audit } = commit;
  if (!takesBaseline && observations.length + events.length + audit.length === 0) return;
  await db.transaction().execute(async (trx) => {
    if (takesBaseline) await writeBaseline(trx, { key: targetKey, watch, at });
    await writeObservations(trx, targetKey, observations);
    await writeEvents(trx, events, at);
    await appendAudit(trx, audit);
  });
}

async function commitAlerts(db: Kysely<Database>, commit: AlertCommit): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await writeAlerts(trx, commit);
    await writeEvents(trx, commit.events, commit.at);
    await appendAudit(trx, commit.audit);
  });
}

async function recordAudit(db: Kysely<Database>, drafts: readonly AuditDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  await db.transaction().execute((trx) => appendAudit(trx, drafts));
}

/** Looks before it locks: most passes find nothing, and should not keep others from writing. */
async function claimDue(db: Kysely<Database>, request: ClaimRequest): Promise<ClaimedDelivery[]> {
  const due = await findClaimable(db, request);
  if (due.length === 0) return [];
  return db.transaction().execute((trx) => claimDeliveries(trx, request));
}

/** Looks before it locks, as above. */
async function oweFallbacks(
  db: Kysely<Database>,
  request: FallbackRequest,
): Promise<Array<{ eventId: string }>> {
  if ((await owedByFallback(db, request)).length === 0) return [];
  return db.transaction().execute(async (trx) => {
    const events = await writeFallbacks(trx, request);
    await appendAudit(
      trx,
      events.map((event) => fallbackEntry(event, request)),
    );
    return events.map(({ id }) => ({ eventId: id }));
  });
}

/** Looks before it locks, as above. */
async function remind(
  db: Kysely<Database>,
  { at, limit }: ReminderLook,
  decide: ReminderJudge,
): Promise<PlannedEvent[]> {
  if (!(await isAnyReminderDue(db, at))) return [];
  return db.transaction().execute(async (trx) => {
    const due = await dueReminders(trx, at, limit);
    const plan = decide({ due, mutes: await listMutes(trx, { inForceAt: at }) });
    await writeEvents(trx, plan.events, at);
    await moveReminders(trx, plan, at);
    await appendAudit(trx, plan.audit);
    return plan.events;
  });
}

async function recordOutcomes(
  db: Kysely<Database>,
  outcomes: readonly DeliveryOutcome[],
  audit: readonly AuditDraft[],
  owner: string | undefined,
): Promise<void> {
  if (outcomes.length + audit.length === 0) return;
  await db.transaction().execute(async (trx) => {
    for (const outcome of outcomes) await writeOutcome(trx, outcome, owner);
    await appendAudit(trx, audit);
  });
}

async function redrive(
  db: Kysely<Database>,
  which: readonly string[] | 'given_up',
  at: Timestamp,
): Promise<string[]> {
  if (which !== 'given_up' && which.length === 0) return [];
  return db.transaction().execute(async (trx) => {
    const redriven = await redriveGivenUp(trx, which, at);
    await appendAudit(
      trx,
      redriven.map(({ id, event_id, channel }) => ({
        at,
        kind: 'delivery.redriven',
        data: { deliveryId: id, eventId: event_id, channel },
      })),
    );
    return redriven.map(({ id }) => id);
  });
}

/** Commits a row and its removal: a rollback would prove that the lock is free, but not that the disk takes anything. */
async function checkWritable(db: Kysely<Database>): Promise<void> {
  const key = '(write check)';
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('target').values({ key, watch: key, baseline_at: 0 }).execute();
    await trx.deleteFrom('target').where('key', '=', key).execute();
  });
}
