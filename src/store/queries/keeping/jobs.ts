import type { Transaction } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { overSince } from '../../../domain/job/observation.ts';
import type { PruneResult, PruneStep } from '../../ports/keeping.ts';
import { deleteUnkeptAttestations } from '../evidence/attestations.ts';
import { toObservation } from '../rows.ts';
import type { Database } from '../schema.ts';
import { deleteEvents, eventsOfJobs, type OldEvent, whatIsHeld } from './old-events.ts';
import { NOTHING_PRUNED } from './pruned.ts';
import { writePrunedJobs } from './pruned-jobs.ts';

/** Prunes jobs that are over, with their events and deliveries, within the caller's transaction; see `KeepingStore`. */
export async function pruneJobs(
  trx: Transaction<Database>,
  { overBefore, from, limit }: PruneStep,
): Promise<PruneResult> {
  const rows = await oldJobs(trx, { overBefore, from, limit });
  const over = rows.filter(({ body }) => isOver(body, overBefore));
  const events = Map.groupBy(
    await eventsOfJobs(
      trx,
      over.map(({ job_id }) => job_id),
    ),
    keyOf,
  );
  const held = await whatIsHeld(trx, [...events.values()].flat(), overBefore);
  const isHeld = ({ id, detected_at }: OldEvent): boolean => detected_at >= overBefore || held.has(id);
  const gone = over.filter((job) => !events.get(keyOf(job))?.some(isHeld));
  const goneEvents = gone.flatMap((job) => events.get(keyOf(job)) ?? []);
  const deliveries = await deleteEvents(
    trx,
    goneEvents.map(({ id }) => id),
  );
  await deleteObservations(trx, gone);
  await deleteUnkeptAttestations(
    trx,
    gone.map(({ job_id }) => job_id),
  );
  await writePrunedJobs(trx, gone);
  const last = rows.at(-1);
  return {
    pruned: { ...NOTHING_PRUNED, jobs: gone.length, events: goneEvents.length, deliveries },
    next: last === undefined ? (from ?? []) : [last.created_at, last.watch, last.job_id],
    isEnd: rows.length < limit,
  };
}

type JobKey = { watch: string; job_id: string | null };

function keyOf({ watch, job_id }: JobKey): string {
  return JSON.stringify([watch, job_id]);
}

/** By when they began, for that is indexed: one that began then may have ended later, or not yet. */
async function oldJobs(
  trx: Transaction<Database>,
  { overBefore, from, limit }: Pick<PruneStep, 'overBefore' | 'from' | 'limit'>,
) {
  let query = trx
    .selectFrom('observation')
    .select(['watch', 'job_id', 'target_key', 'state', 'created_at', 'delivery_type', 'took_ms', 'body'])
    .where('created_at', '<', overBefore)
    .orderBy('created_at')
    .orderBy('watch')
    .orderBy('job_id')
    .limit(limit);
  if (from?.length === 3) {
    const [createdAt, watch, jobId] = from;
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('created_at', 'watch', 'job_id'),
        '>',
        tuple(Number(createdAt), String(watch), String(jobId)),
      ),
    );
  }
  return query.execute();
}

/** What cannot be read back stays: somebody will want to look at it. */
function isOver(body: string, overBefore: Timestamp): boolean {
  try {
    const since = overSince(toObservation(body));
    return since !== null && since < overBefore;
  } catch {
    return false;
  }
}

async function deleteObservations(
  trx: Transaction<Database>,
  jobs: ReadonlyArray<{ watch: string; job_id: string }>,
): Promise<void> {
  for (const [watch, ofWatch] of Map.groupBy(jobs, (job) => job.watch)) {
    const ids = ofWatch.map(({ job_id }) => job_id);
    await trx.deleteFrom('observation').where('watch', '=', watch).where('job_id', 'in', ids).execute();
  }
}
