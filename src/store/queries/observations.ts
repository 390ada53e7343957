import type { Insertable, Kysely, Transaction } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { JobState } from '../../domain/job/restore-job.ts';
import type { TargetMemory } from '../ports/jobs.ts';
import type { ObservationFilter, Rows } from '../ports/records.ts';
import { chunks, MANY_IDS } from './chunks.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { toObservation } from './rows.ts';
import { type Database, FOREVER } from './schema.ts';

/** Reads the baseline of a target and the jobs to follow there; `null` before its first baseline. */
export async function readTarget(
  db: Kysely<Database>,
  targetKey: string,
  now: Timestamp,
): Promise<TargetMemory | null> {
  const target = await db
    .selectFrom('target')
    .select('baseline_at')
    .where('key', '=', targetKey)
    .executeTakeFirst();
  if (!target) return null;
  const rows = await db
    .selectFrom('observation')
    .select('body')
    .where('target_key', '=', targetKey)
    .where('followed_until', '>', now)
    .orderBy('created_at')
    .orderBy('job_id')
    .execute();
  return { baselineAt: target.baseline_at, followed: rows.map(({ body }) => toObservation(body)) };
}

/** Reads which of these targets have a baseline; see `JobReader`. */
export async function targetsWithBaseline(
  db: Kysely<Database>,
  targetKeys: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const keys of chunks(targetKeys, MANY_IDS)) {
    const rows = await db.selectFrom('target').select('key').where('key', 'in', keys).execute();
    for (const { key } of rows) found.add(key);
  }
  return found;
}

/** Reads which targets of the watch have jobs to follow; see `JobReader`. */
export async function followedTargets(
  db: Kysely<Database>,
  watch: string,
  now: Timestamp,
): Promise<string[]> {
  const rows = await db
    .selectFrom('observation')
    .select('target_key')
    .distinct()
    .where('watch', '=', watch)
    .where('followed_until', '>', now)
    .orderBy('target_key')
    .execute();
  return rows.map((row) => row.target_key);
}

/** Reads what was last seen of these jobs, by job id. However many ids there are, no statement holds more than a database takes. */
export async function readObservations(
  db: Kysely<Database>,
  watch: string,
  jobIds: readonly string[],
): Promise<Map<string, Observation>> {
  const found = new Map<string, Observation>();
  for (const ids of chunks(jobIds, MANY_IDS)) {
    const rows = await db
      .selectFrom('observation')
      .select(['job_id', 'body'])
      .where('watch', '=', watch)
      .where('job_id', 'in', ids)
      .execute();
    for (const { job_id, body } of rows) found.set(job_id, toObservation(body));
  }
  return found;
}

/** Tells how long the latest jobs of a target took, of those that finished; see `JobReader`. */
export async function finishedDurations(
  db: Kysely<Database>,
  targetKey: string,
  limit: number,
): Promise<Array<{ deliveryType: string; durationMs: number }>> {
  const rows = await db
    .selectFrom('observation')
    .select('body')
    .where('target_key', '=', targetKey)
    .where('state', 'in', ['finished', 'ready', 'expired'])
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(({ body }) => {
    const { job } = toObservation(body);
    const done = job?.reached.find(({ milestone }) => milestone === 'finished' || milestone === 'ready');
    return job && done && done.at !== null
      ? [{ deliveryType: job.deliveryType, durationMs: done.at - job.createdAt }]
      : [];
  });
}

/** Tells when a restore of the watch finished last; see `AlertStore`. */
export async function lastFinishedAt(db: Kysely<Database>, watch: string): Promise<Timestamp | null> {
  const rows = await db
    .selectFrom('observation')
    .select('body')
    .where('watch', '=', watch)
    .where('state', 'in', ['finished', 'expired'])
    // A download that ran out has not finished: many of them must not push the last restore out of sight.
    .where('body', 'like', '%"milestones":[%"finished"%]%')
    .orderBy('created_at', 'desc')
    .limit(RECENT)
    .execute();
  const times = rows.flatMap(({ body }) => {
    const { milestones, job, changedAt } = toObservation(body);
    return milestones.includes('finished') ? [job?.finishedAt ?? changedAt] : [];
  });
  return times.length === 0 ? null : Math.max(...times);
}

/** Tells when the first baseline of any target of the watch was taken; `null`: none yet. */
export async function watchedSince(db: Kysely<Database>, watch: string): Promise<Timestamp | null> {
  const first = await db
    .selectFrom('target')
    .select(({ fn }) => fn.min<number | null>('baseline_at').as('at'))
    .where('watch', '=', watch)
    .executeTakeFirst();
  return first?.at ?? null;
}

/** The restore that finished last is among the latest that were begun. */
const RECENT = 50;

/** Writes the baseline of a target, within the caller's transaction. A baseline that is there already stands. */
export async function writeBaseline(
  trx: Transaction<Database>,
  target: { key: string; watch: string; at: Timestamp },
): Promise<void> {
  await trx
    .insertInto('target')
    .values({ key: target.key, watch: target.watch, baseline_at: target.at })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}

/** Writes observations over what was seen of the same jobs before, within the caller's transaction. No job may stand there twice. */
export async function writeObservations(
  trx: Transaction<Database>,
  targetKey: string,
  observations: readonly Observation[],
): Promise<void> {
  for (const chunk of chunks(observations)) {
    await trx
      .insertInto('observation')
      .values(chunk.map((observation) => toRow(targetKey, observation)))
      .onConflict((conflict) =>
        conflict.columns(['watch', 'job_id']).doUpdateSet((eb) => ({
          target_key: eb.ref('excluded.target_key'),
          state: eb.ref('excluded.state'),
          created_at: eb.ref('excluded.created_at'),
          followed_until: eb.ref('excluded.followed_until'),
          body: eb.ref('excluded.body'),
        })),
      )
      .execute();
  }
}

/** Lists observations, those of the newest jobs first. */
export async function listObservations(
  db: Kysely<Database>,
  { watch, jobId, state, limit, cursor }: ObservationFilter,
): Promise<Rows<Observation>> {
  const after = decodeCursor(cursor, ['number', 'string', 'string']);
  let query = db
    .selectFrom('observation')
    .select(['created_at', 'watch', 'job_id', 'body'])
    .orderBy('created_at', 'desc')
    .orderBy('watch', 'desc')
    .orderBy('job_id', 'desc')
    .limit(limit + 1);
  if (watch !== undefined) query = query.where('watch', '=', watch);
  if (jobId !== undefined) query = query.where('job_id', '=', jobId);
  if (state !== undefined) query = query.where('state', '=', state);
  if (after)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'watch', 'job_id'), '<', tuple(...after)),
    );
  return toPage(
    await query.execute(),
    limit,
    (row) => [row.created_at, row.watch, row.job_id],
    (row) => toObservation(row.body),
  );
}

/** Reads the running jobs of the watch that began first; see `RecordReader`. */
export async function oldestRunning(
  db: Kysely<Database>,
  watch: string,
  limit: number,
): Promise<Observation[]> {
  const rows = await db
    .selectFrom('observation')
    .select('body')
    .where('watch', '=', watch)
    .where('state', '=', 'in_progress')
    .where('followed_until', '>', 0)
    .orderBy('created_at')
    .orderBy('job_id')
    .limit(limit)
    .execute();
  return rows.map(({ body }) => toObservation(body));
}

/** Counts the jobs of each watch by state. */
export async function countJobs(
  db: Kysely<Database>,
): Promise<Array<{ watch: string; state: JobState; count: number }>> {
  const rows = await db
    .selectFrom('observation')
    .select(({ fn }) => ['watch', 'state', fn.countAll<number>().as('count')])
    .groupBy(['watch', 'state'])
    .orderBy('watch')
    .orderBy('state')
    .execute();
  return rows.map(({ watch, state, count }) => ({ watch, state, count: Number(count) }));
}

function toRow(targetKey: string, observation: Observation): Insertable<Database['observation']> {
  const { watch, jobId, state, job, firstSeenAt, missingSince, mayChangeUntil } = observation;
  return {
    watch,
    job_id: jobId,
    target_key: targetKey,
    state,
    created_at: job?.createdAt ?? firstSeenAt,
    followed_until: missingSince !== null ? 0 : (mayChangeUntil ?? FOREVER),
    body: JSON.stringify(observation),
  };
}
