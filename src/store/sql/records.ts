import type { Kysely } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import type { RecordStore } from '../ports/records.ts';
import { listEvents } from '../queries/events.ts';
import { eventsAfter, lastPlace, placeOfEvent } from '../queries/events-after.ts';
import { lastFinishes } from '../queries/figures/finishes.ts';
import { oldestRunning, runningSince } from '../queries/figures/running-jobs.ts';
import { findDeliveryIds, findJobIds, findPrunedIds } from '../queries/ids.ts';
import { readPrunedAnywhere } from '../queries/keeping/pruned-jobs.ts';
import { countJobs, listObservations } from '../queries/observations.ts';
import { countDeliveries, listDeliveries } from '../queries/outbox/deliveries.ts';
import { owedSince } from '../queries/outbox/owed-since.ts';
import { redriveDeliveries } from '../queries/outbox/redrive.ts';
import type { Database } from '../queries/schema.ts';
import { lastSuccesses } from '../queries/successes.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the port of what is on record over SQL. */
export function createRecordStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): RecordStore {
  return {
    listObservations: guarded('list observations', (filter) => listObservations(db, filter)),
    listEvents: guarded('list events', (filter) => listEvents(db, filter)),
    eventsAfter: guarded('read what was recorded', (place, limit) => eventsAfter(db, place, limit)),
    placeOfEvent: guarded('find an event', (id) => placeOfEvent(db, id)),
    lastPlace: guarded('read what was recorded', () => lastPlace(db)),
    listDeliveries: guarded('list deliveries', (filter) => listDeliveries(db, filter)),
    findJobIds: guarded('find a job', (form, limit) => findJobIds(db, form, limit)),
    findDeliveryIds: guarded('find a delivery', (form, limit) => findDeliveryIds(db, form, limit)),
    findPruned: guarded('find a job', async (form, limit) => {
      const { ids } = await findPrunedIds(db, form, limit);
      return ids.length === 0 ? [] : (await readPrunedAnywhere(db, ids)).map(({ pruned }) => pruned);
    }),
    oldestRunning: guarded('list observations', (watches, limit) => oldestRunning(db, watches, limit)),
    runningSince: guarded('list observations', () => runningSince(db)),
    lastFinishes: guarded('list when restores finished', (watches, limit) =>
      lastFinishes(db, watches, limit),
    ),
    lastSuccesses: guarded('read when watches were polled', () => lastSuccesses(db)),
    owedSince: guarded('read what is owed', (channels) => owedSince(db, channels)),
    countJobs: guarded('count jobs', () => countJobs(db)),
    countDeliveries: guarded('count deliveries', (now) => countDeliveries(db, now)),
    redrive: guarded('redrive deliveries', (which, at) => redrive(turns, which, at)),
  };
}

async function redrive(
  { inTurn }: Turns,
  which: readonly string[] | 'given_up',
  at: Timestamp,
): Promise<string[]> {
  if (which !== 'given_up' && which.length === 0) return [];
  return inTurn(async (trx, record) => {
    const redriven = await redriveDeliveries(trx, which, at);
    await record(
      redriven.map(({ id, event_id, channel }) => ({
        at,
        kind: 'delivery.redriven',
        data: { deliveryId: id, eventId: event_id, channel },
      })),
    );
    return redriven.map(({ id }) => id);
  });
}
