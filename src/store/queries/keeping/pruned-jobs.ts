import type { Kysely, Selectable, Transaction } from 'kysely';
import { type Observation, observationOfPruned } from '../../../domain/job/observation.ts';
import type { Milestone } from '../../../domain/job/restore-job.ts';
import { fewLengths } from '../kept/few-lengths.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { keepRows } from '../kept/kept-rows.ts';
import { toObservation } from '../rows.ts';
import type { Database } from '../schema.ts';

/** A job that is pruned. */
type GoneJob = Omit<
  Selectable<Database['pruned_job']>,
  'milestones' | 'times_missing' | 'changed_at' | 'first_seen_at' | 'first_sight'
> & { body: string };

/** Writes down what stays of these jobs, within the caller's transaction. */
export async function writePrunedJobs(trx: Transaction<Database>, jobs: readonly GoneJob[]): Promise<void> {
  await insert(
    trx,
    jobs.map(({ body, ...row }) => {
      const { milestones, timesMissing = 0, changedAt, firstSeenAt, firstSight } = toObservation(body);
      return {
        ...row,
        first_seen_at: firstSeenAt,
        first_sight: firstSight,
        milestones: milestones.join(' '),
        times_missing: timesMissing,
        changed_at: changedAt,
      };
    }),
  );
}

const insert = keepRows((db, rows: Array<Selectable<Database['pruned_job']>>) =>
  db
    .insertInto('pruned_job')
    .values(rows)
    // Once pruned, seen again, and pruned again.
    .onConflict((conflict) =>
      conflict.columns(['job_id', 'watch']).doUpdateSet((eb) => ({
        target_key: eb.ref('excluded.target_key'),
        state: eb.ref('excluded.state'),
        created_at: eb.ref('excluded.created_at'),
        first_seen_at: eb.ref('excluded.first_seen_at'),
        first_sight: eb.ref('excluded.first_sight'),
        milestones: eb.ref('excluded.milestones'),
        times_missing: eb.ref('excluded.times_missing'),
        changed_at: eb.ref('excluded.changed_at'),
        delivery_type: eb.ref('excluded.delivery_type'),
        took_ms: eb.ref('excluded.took_ms'),
      })),
    ),
);

/** Lets go of what has stayed of jobs that are recorded anew, within the caller's transaction. */
export async function forgetPruned(
  trx: Transaction<Database>,
  jobs: ReadonlyArray<Pick<Observation, 'watch' | 'jobId'>>,
): Promise<void> {
  for (const { watch, jobId } of jobs)
    await trx.deleteFrom('pruned_job').where('job_id', '=', jobId).where('watch', '=', watch).execute();
}

const ofWatch = keepQuery((db, { watch, ids }: { watch: string; ids: readonly string[] }) =>
  db.selectFrom('pruned_job').selectAll().where('watch', '=', watch).where('job_id', 'in', ids),
);

/** Reads what stays of those of these jobs that were pruned of a watch. */
export async function readPruned(
  db: Kysely<Database>,
  watch: string,
  jobIds: readonly string[],
): Promise<Observation[]> {
  if (jobIds.length === 0) return [];
  return (await ofWatch(db, { watch, ids: fewLengths(jobIds) })).map(toPruned);
}

/** Reads what stays of these jobs where they were pruned, of every watch, with the key of its target. */
export async function readPrunedAnywhere(
  db: Kysely<Database>,
  jobIds: readonly string[],
): Promise<Array<{ key: string; pruned: Observation }>> {
  const rows = await db.selectFrom('pruned_job').selectAll().where('job_id', 'in', jobIds).execute();
  return rows.map((row) => ({ key: row.target_key, pruned: toPruned(row) }));
}

function toPruned(row: Selectable<Database['pruned_job']>): Observation {
  return observationOfPruned({
    watch: row.watch,
    jobId: row.job_id,
    state: row.state,
    firstSight: row.first_sight,
    firstSeenAt: row.first_seen_at,
    changedAt: row.changed_at ?? row.first_seen_at,
    ...(row.times_missing > 0 ? { timesMissing: row.times_missing } : {}),
    // Nothing else is ever written there.
    milestones: (row.milestones === '' ? [] : row.milestones.split(' ')) as Milestone[],
  });
}
