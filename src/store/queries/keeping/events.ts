import type { Transaction } from 'kysely';
import type { PruneResult, PruneStep } from '../../ports/keeping.ts';
import { readAlerts } from '../alerts.ts';
import type { Database } from '../schema.ts';
import { deleteEvents, type OldEvent, whatIsHeld } from './old-events.ts';
import { NOTHING_PRUNED } from './pruned.ts';

/**
 * Prunes events that belong to no job on record, with their deliveries, within the caller's transaction: those about watches and channels,
 * and samples. Those of jobs go with their job; see `KeepingStore`.
 */
export async function pruneEvents(
  trx: Transaction<Database>,
  { overBefore, from, limit }: PruneStep,
): Promise<PruneResult> {
  const rows = await oldEvents(trx, { overBefore, from, limit });
  const jobs = await jobsOnRecord(trx, rows);
  const raisedAt = new Set((await readAlerts(trx)).values());
  // What is raised is found again by the instant at which it was told.
  const isFree = ({ watch, job_id, detected_at }: OldEvent): boolean =>
    job_id === null ? !raisedAt.has(detected_at) : !jobs.get(job_id)?.has(watch);
  const free = rows.filter(isFree);
  const held = await whatIsHeld(trx, free, overBefore);
  const gone = free.map(({ id }) => id).filter((id) => !held.has(id));
  const deliveries = await deleteEvents(trx, gone);
  const last = rows.at(-1);
  return {
    pruned: { ...NOTHING_PRUNED, events: gone.length, deliveries },
    next: last === undefined ? (from ?? []) : [last.detected_at, last.position],
    isEnd: rows.length < limit,
  };
}

async function oldEvents(
  trx: Transaction<Database>,
  { overBefore, from, limit }: Pick<PruneStep, 'overBefore' | 'from' | 'limit'>,
) {
  let query = trx
    .selectFrom('event')
    .select(['position', 'id', 'watch', 'job_id', 'detected_at'])
    .where('detected_at', '<', overBefore)
    .orderBy('detected_at')
    .orderBy('position')
    .limit(limit);
  if (from?.length === 2) {
    const [detectedAt, position] = from;
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('detected_at', 'position'), '>', tuple(Number(detectedAt), Number(position))),
    );
  }
  return query.execute();
}

/** The watches that have a record of the jobs that these events are about, by job id. */
async function jobsOnRecord(
  trx: Transaction<Database>,
  events: readonly OldEvent[],
): Promise<Map<string, Set<string>>> {
  const ids = [...new Set(events.flatMap(({ job_id }) => job_id ?? []))];
  const jobs = new Map<string, Set<string>>();
  if (ids.length === 0) return jobs;
  const rows = await trx
    .selectFrom('observation')
    .select(['watch', 'job_id'])
    .where('job_id', 'in', ids)
    .execute();
  for (const [id, ofJob] of Map.groupBy(rows, ({ job_id }) => job_id))
    jobs.set(id, new Set(ofJob.map(({ watch }) => watch)));
  return jobs;
}
