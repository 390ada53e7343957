import type { Kysely } from 'kysely';
import type { FinishedDuration } from '../../../domain/job/eta.ts';
import { chunks, MANY_IDS } from '../chunks.ts';
import { keepQuery } from '../kept/kept-query.ts';
import type { Database } from '../schema.ts';

/**
 * Tells how long the latest jobs of a target took, of those that finished, also of those that were pruned; see `JobReader`. By two indexes
 * alone.
 */
export async function finishedDurations(
  db: Kysely<Database>,
  targetKey: string,
  limit: number,
): Promise<FinishedDuration[]> {
  const rows = [
    ...(await latestOf(db, 'observation', targetKey, limit)),
    ...(await latestOf(db, 'pruned_job', targetKey, limit)),
  ];
  return rows
    .toSorted((a, b) => b.created_at - a.created_at)
    .slice(0, limit)
    .map(({ delivery_type, took_ms }) => ({ deliveryType: delivery_type ?? '', durationMs: took_ms ?? 0 }));
}

function latestOf(
  db: Kysely<Database>,
  table: 'observation' | 'pruned_job',
  targetKey: string,
  limit: number,
) {
  return db
    .selectFrom(table)
    .select(['created_at', 'delivery_type', 'took_ms'])
    .where('target_key', '=', targetKey)
    .where('took_ms', 'is not', null)
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute();
}

/** Reads where the watch has found these jobs; see `JobReader`. */
export async function targetKeysOf(
  db: Kysely<Database>,
  watch: string,
  jobIds: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const ids of chunks(jobIds, MANY_IDS)) {
    for (const { job_id, target_key } of await homesOf(db, { watch, ids })) found.set(job_id, target_key);
  }
  return found;
}

const homesOf = keepQuery((db, { watch, ids }: { watch: string; ids: readonly string[] }) =>
  db
    .selectFrom('observation')
    .select(['job_id', 'target_key'])
    .where('watch', '=', watch)
    .where('job_id', 'in', ids),
);
