import type { Kysely } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import type { Observation } from '../../../domain/job/observation.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { toObservation } from '../rows.ts';
import type { Database } from '../schema.ts';

/** Finds them by an index of the running ones alone. */
const running = keepQuery((db, { watches, limit }: { watches: readonly string[]; limit: number }) => {
  const oldest = db
    .selectFrom('observation')
    .select(['watch', 'job_id'])
    .where('watch', 'in', watches)
    .where('running_since', 'is not', null)
    .orderBy('running_since')
    .orderBy('job_id')
    .limit(limit);
  return db
    .selectFrom(oldest.as('oldest'))
    .innerJoin('observation', (join) =>
      join.onRef('observation.watch', '=', 'oldest.watch').onRef('observation.job_id', '=', 'oldest.job_id'),
    )
    .select('body')
    .orderBy('observation.running_since')
    .orderBy('observation.job_id');
});

/** Reads the running jobs of the watches that began first; see `RecordReader`. */
export async function oldestRunning(
  db: Kysely<Database>,
  watches: readonly string[],
  limit: number,
): Promise<Observation[]> {
  if (watches.length === 0) return [];
  const rows = await running(db, { watches, limit });
  return rows.map(({ body }) => toObservation(body));
}

/** Tells since when something runs, by watch; see `RecordReader`. */
export async function runningSince(db: Kysely<Database>): Promise<Map<string, Timestamp>> {
  // Watch by watch, and only of those of which something is in progress: an index begins with what each of them needs.
  const rows = await db
    .selectFrom('job_count as counted')
    .select('counted.watch')
    .select(({ selectFrom }) =>
      selectFrom('observation')
        .select(({ fn }) => fn.min<number | null>('running_since').as('since'))
        .whereRef('observation.watch', '=', 'counted.watch')
        .where('running_since', 'is not', null)
        .as('since'),
    )
    .where('counted.state', '=', 'in_progress')
    .where('counted.count', '>', 0)
    .execute();
  return new Map(rows.flatMap(({ watch, since }) => (since === null ? [] : [[watch, since]])));
}
