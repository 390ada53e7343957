import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { JobState } from '../../domain/job/restore-job.ts';
import { firstOutcome, tookOf } from '../../domain/job/took.ts';
import { type TargetPlace, targetKey } from '../../domain/job/watch.ts';
import type { TargetMemory } from '../ports/jobs.ts';
import type { ObservationFilter, Rows } from '../ports/records.ts';
import { chunks, MANY_IDS } from './chunks.ts';
import { decodeCursor, toPage } from './cursor.ts';
import { forgetPruned, readPruned, readPrunedAnywhere } from './keeping/pruned-jobs.ts';
import { keepQuery } from './kept/kept-query.ts';
import { keepRows } from './kept/kept-rows.ts';
import { toObservation } from './rows.ts';
import { type Database, FOREVER } from './schema.ts';
import { unindexed } from './unindexed.ts';

/** Observations that are parsed before everything else gets its turn: some milliseconds. */
const READ_IN_A_TURN = 500;

/** Written into the statement: only so can a database use its partial indexes over the few jobs that may still change. */
const IS_OPEN = sql<SqlBool>`followed_until > 0`;

const baselineOf = keepQuery((db, { targetKey }: { targetKey: string }) =>
  db.selectFrom('target').select('baseline_at').where('key', '=', targetKey),
);

const followedOf = keepQuery((db, { targetKey, now }: { targetKey: string; now: Timestamp }) =>
  db
    .selectFrom('observation')
    .select('body')
    .where('target_key', '=', targetKey)
    .where(IS_OPEN)
    .where('followed_until', '>', now)
    .orderBy('created_at')
    .orderBy('job_id'),
);

/** Reads the baseline of a target and the jobs to follow there; `null` before its first baseline. Every poll begins with it. */
export async function readTarget(
  db: Kysely<Database>,
  targetKey: string,
  now: Timestamp,
): Promise<TargetMemory | null> {
  const [target] = await baselineOf(db, { targetKey });
  if (!target) return null;
  const rows = await followedOf(db, { targetKey, now });
  return { baselineAt: target.baseline_at, followed: await readInTurns(rows) };
}

/** Each is a text to be parsed: of ten thousand running jobs that takes a tenth of a second, in which nothing else would happen. */
async function readInTurns(rows: ReadonlyArray<{ body: string }>): Promise<Observation[]> {
  const observations: Observation[] = [];
  for (const chunk of chunks(rows, READ_IN_A_TURN)) {
    if (observations.length > 0) await nextTurn();
    for (const { body } of chunk) observations.push(toObservation(body));
  }
  return observations;
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
    .where(IS_OPEN)
    .where('followed_until', '>', now)
    .orderBy('target_key')
    .execute();
  return rows.map((row) => row.target_key);
}

/** Reads what was last seen of these jobs, by job id, also of those that were pruned. However many ids there are, no statement holds more than a database takes. */
export async function readObservations(
  db: Kysely<Database>,
  watch: string,
  jobIds: readonly string[],
): Promise<Map<string, Observation>> {
  const found = new Map<string, Observation>();
  for (const ids of chunks(jobIds, MANY_IDS)) {
    const rows = await observationsOf(db, { watch, ids });
    for (const { job_id, body } of rows) found.set(job_id, toObservation(body));
    const unknown = ids.filter((id) => !found.has(id));
    for (const pruned of await readPruned(db, watch, unknown)) found.set(pruned.jobId, pruned);
  }
  return found;
}

const observationsOf = keepQuery((db, { watch, ids }: { watch: string; ids: readonly string[] }) =>
  db
    .selectFrom('observation')
    .select(['job_id', 'body'])
    .where('watch', '=', watch)
    .where('job_id', 'in', ids),
);

/** Reads what other watches have recorded of these jobs at the same place; see `JobReader`. */
export async function readElsewhere(
  db: Kysely<Database>,
  target: TargetPlace,
  jobIds: readonly string[],
): Promise<Map<string, Observation[]>> {
  const found = new Map<string, Observation[]>();
  const isThere = (watch: string, key: string): boolean =>
    watch !== target.watch && key === targetKey({ ...target, watch });
  const add = (record: Observation): void => {
    const records = found.get(record.jobId);
    if (records) records.push(record);
    else found.set(record.jobId, [record]);
  };
  for (const ids of chunks(jobIds, MANY_IDS)) {
    const rows = await ofAllWatches(db, { ids });
    for (const { watch, target_key, body } of rows) if (isThere(watch, target_key)) add(toObservation(body));
    for (const { key, pruned } of await readPrunedAnywhere(db, ids)) {
      if (isThere(pruned.watch, key)) add(pruned);
    }
  }
  return found;
}

const ofAllWatches = keepQuery((db, { ids }: { ids: readonly string[] }) =>
  db.selectFrom('observation').select(['watch', 'target_key', 'body']).where('job_id', 'in', ids),
);

/** Tells when the first baseline of any target of the watch was taken; `null`: none yet. */
export async function watchedSince(db: Kysely<Database>, watch: string): Promise<Timestamp | null> {
  const first = await db
    .selectFrom('target')
    .select(({ fn }) => fn.min<number | null>('baseline_at').as('at'))
    .where('watch', '=', watch)
    .executeTakeFirst();
  return first?.at ?? null;
}

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
  await upsertRows(
    trx,
    observations.map((observation) => observationRow(targetKey, observation)),
  );
  const again = observations.filter(({ wasPruned }) => wasPruned);
  if (again.length > 0) await forgetPruned(trx, again);
}

const upsertRows = keepRows((db, rows: Array<ReturnType<typeof observationRow>>) =>
  db
    .insertInto('observation')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['watch', 'job_id']).doUpdateSet((eb) => ({
        target_key: eb.ref('excluded.target_key'),
        state: eb.ref('excluded.state'),
        created_at: eb.ref('excluded.created_at'),
        followed_until: eb.ref('excluded.followed_until'),
        finished_at: eb.ref('excluded.finished_at'),
        delivery_type: eb.ref('excluded.delivery_type'),
        took_ms: eb.ref('excluded.took_ms'),
        running_since: eb.ref('excluded.running_since'),
        body: eb.ref('excluded.body'),
      })),
    ),
);

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
  // The one job is found by its id, not among all in that state.
  if (state !== undefined)
    query = query.where(jobId === undefined ? 'state' : unindexed('state'), '=', state);
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

/** Tells how many jobs of each watch are in which state, by the counts that the database keeps. */
export async function countJobs(
  db: Kysely<Database>,
): Promise<Array<{ watch: string; state: JobState; count: number }>> {
  return db
    .selectFrom('job_count')
    .selectAll()
    .where('count', '>', 0)
    .orderBy('watch')
    .orderBy('state')
    .execute();
}

/** The row of an observation: what is asked of many at once stands in columns beside the body. */
export function observationRow(targetKey: string, { wasPruned: _known, ...kept }: Observation) {
  const observation: Observation = kept;
  const { watch, jobId, state, job, firstSeenAt, missingSince, mayChangeUntil } = observation;
  const createdAt = job?.createdAt ?? firstSeenAt;
  const tookMs = tookMsOf(observation);
  return {
    watch,
    job_id: jobId,
    target_key: targetKey,
    state,
    created_at: createdAt,
    followed_until: missingSince !== null ? 0 : (mayChangeUntil ?? FOREVER),
    finished_at: finishedAtOf(observation),
    delivery_type: tookMs === null ? null : (job?.deliveryType ?? null),
    took_ms: tookMs,
    running_since: state === 'in_progress' && missingSince === null ? createdAt : null,
    body: JSON.stringify(kept),
  };
}

/** When the latest of these finished; `null`: none has. */
export function lastFinishOf(observations: readonly Observation[]): Timestamp | null {
  return observations.reduce<Timestamp | null>((last, observation) => {
    const at = finishedAtOf(observation);
    return at === null || (last !== null && at <= last) ? last : at;
  }, null);
}

/** Going by Atlas, or else when it was found. */
function finishedAtOf({ state, milestones, job, changedAt }: Observation): Timestamp | null {
  const hasFinished = (state === 'finished' || state === 'expired') && milestones.includes('finished');
  return hasFinished ? (job?.finishedAt ?? changedAt) : null;
}

/**
 * Of one that came to what was asked for: until then, as Atlas dates it. Where Atlas dates no end (legacy backup) until that was seen, if the
 * job was seen running before: at a first look, it may have ended long ago.
 */
function tookMsOf({ state, job, noticed = {}, firstSeenAt }: Observation): number | null {
  if (job === null || !['finished', 'ready', 'expired'].includes(state)) return null;
  const outcome = firstOutcome(job.reached)?.milestone;
  if (outcome !== 'finished' && outcome !== 'ready') return null;
  const wasSeenBefore = (noticed[outcome] ?? firstSeenAt) > firstSeenAt;
  return tookOf(job, wasSeenBefore ? noticed : {})?.ms ?? null;
}
