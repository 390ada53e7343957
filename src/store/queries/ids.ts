import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { fitsId, type IdForm } from '../../domain/id-form.ts';
import type { FoundIds } from '../ports/records.ts';
import type { Database } from './schema.ts';

/**
 * So many ids are read at once, by an index, and so many portions at most: four characters of a delivery's id are the same for seven weeks,
 * in which a million are hardly made.
 */
const PORTION = 1_000;
const MOST_PORTIONS = 1_000;

/** The ids from `from` on and below `below`, the greatest first. An id may come several times. */
type ReadRange = (from: string, below: string, limit: number) => Promise<string[]>;

/** Finds ids of jobs; see `RecordReader`. Those that are only told of (a sample's) come after those that were observed. */
export async function findJobIds(db: Kysely<Database>, form: IdForm, limit: number): Promise<FoundIds> {
  const observed = await findIds(form, limit, jobIdsOf(db, 'observation'));
  if (observed.ids.length > 0 || !observed.isComplete) return observed;
  return findIds(form, limit, jobIdsOf(db, 'event'));
}

/** Finds the ids of jobs that were pruned, in the same way. */
export function findPrunedIds(db: Kysely<Database>, form: IdForm, limit: number): Promise<FoundIds> {
  return findIds(form, limit, jobIdsOf(db, 'pruned_job'));
}

function jobIdsOf(db: Kysely<Database>, table: 'observation' | 'event' | 'pruned_job'): ReadRange {
  return async (from, below, portion) => {
    const rows = await db
      .selectFrom(table)
      .select('job_id')
      .where('job_id', '>=', from)
      .where('job_id', '<', below)
      .orderBy('job_id', 'desc')
      .limit(portion)
      .execute();
    return rows.flatMap(({ job_id }) => job_id ?? []);
  };
}

/** Finds ids of deliveries; see `RecordReader`. */
export function findDeliveryIds(db: Kysely<Database>, form: IdForm, limit: number): Promise<FoundIds> {
  return findIds(form, limit, async (from, below, portion) => {
    const rows = await db
      .selectFrom('delivery')
      .select('id')
      .where('id', '>=', from)
      .where('id', '<', below)
      .orderBy('id', 'desc')
      .limit(portion)
      .execute();
    return rows.map(({ id }) => id);
  });
}

/** Reads on from the greatest id down, with a turn for others between portions. Ids begin with a time, so those of the newest jobs are found first. */
async function findIds(form: IdForm, limit: number, read: ReadRange): Promise<FoundIds> {
  const { head, tail } = form;
  if (tail === '') {
    // The first character that a text in every database may hold: nothing else fits in between.
    const [exact] = await read(head, `${head}\u0001`, 1);
    if (exact !== undefined) return { ids: [exact], isComplete: true };
  }
  const found = new Set<string>();
  let below = behind(head);
  for (let portion = 0; portion < MOST_PORTIONS; portion += 1) {
    const ids = await read(head, below, PORTION);
    for (const id of ids) if (fitsId(form, id)) found.add(id);
    const last = ids.at(-1);
    if (found.size >= limit || ids.length < PORTION || last === undefined) {
      return { ids: [...found].slice(0, limit), isComplete: true };
    }
    below = last;
    await nextTurn();
  }
  return { ids: [...found], isComplete: false };
}

/** The first text behind all that begin with this one. */
function behind(head: string): string {
  const last = head.codePointAt(head.length - 1) ?? 0;
  return head.slice(0, -1) + String.fromCodePoint(last + 1);
}
