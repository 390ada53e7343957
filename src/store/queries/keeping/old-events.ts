import type { Transaction } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { IS_STILL_PENDING } from '../outbox/outbox.ts';
import type { Database } from '../schema.ts';

/** An event that may be pruned, as far as its age and what it belongs to say so. */
export interface OldEvent {
  id: string;
  watch: string;
  job_id: string | null;
  detected_at: Timestamp;
}

/** Reads the events of these jobs, whatever watch has told of them. */
export async function eventsOfJobs(
  trx: Transaction<Database>,
  jobIds: readonly string[],
): Promise<OldEvent[]> {
  if (jobIds.length === 0) return [];
  return trx
    .selectFrom('event')
    .select(['id', 'watch', 'job_id', 'detected_at'])
    .where('job_id', 'in', jobIds)
    .execute();
}

/**
 * The ids of those of these events that must stay: somebody is owed one, or was not long ago (a delivery may have been redriven), or is
 * to be told of it again.
 */
export async function whatIsHeld(
  trx: Transaction<Database>,
  events: readonly OldEvent[],
  overBefore: Timestamp,
): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  const ids = events.map(({ id }) => id);
  const owed = await trx
    .selectFrom('delivery')
    .select('event_id')
    .where('event_id', 'in', ids)
    .where((eb) => eb.or([IS_STILL_PENDING, eb('ended_at', '>=', overBefore)]))
    .execute();
  const reminded = await trx.selectFrom('reminder').select('event_id').where('event_id', 'in', ids).execute();
  return new Set([...owed, ...reminded].map(({ event_id }) => event_id));
}

/** Deletes events with their deliveries; returns how many deliveries that were. */
export async function deleteEvents(trx: Transaction<Database>, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { numDeletedRows } = await trx
    .deleteFrom('delivery')
    .where('event_id', 'in', ids)
    .executeTakeFirstOrThrow();
  await trx.deleteFrom('event').where('id', 'in', ids).execute();
  return Number(numDeletedRows);
}
