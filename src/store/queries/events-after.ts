import type { Kysely } from 'kysely';
import type { PlacedEvent } from '../ports/records.ts';
import { keepQuery } from './kept/kept-query.ts';
import type { Database } from './schema.ts';
import { toEvent } from './stored-event.ts';

/** Reads the events behind a place in the record, in the order in which they were recorded: `limit` at most. */
export async function eventsAfter(
  db: Kysely<Database>,
  place: number,
  limit: number,
): Promise<PlacedEvent[]> {
  const rows = await behind(db, { place, limit });
  return rows.map(({ position, body }) => ({ place: position, event: toEvent(body) }));
}

const behind = keepQuery((db, { place, limit }: { place: number; limit: number }) =>
  db
    .selectFrom('event')
    .select(['position', 'body'])
    .where('position', '>', place)
    .orderBy('position')
    .limit(limit),
);

/** Finds the place of an event in the record; `null`: none of this id is there. */
export async function placeOfEvent(db: Kysely<Database>, id: string): Promise<number | null> {
  const [row] = await placeOf(db, { id });
  return row?.position ?? null;
}

const placeOf = keepQuery((db, { id }: { id: string }) =>
  db.selectFrom('event').select('position').where('id', '=', id),
);

/** The place of the event that was recorded last; 0: there is none. */
export async function lastPlace(db: Kysely<Database>): Promise<number> {
  const [row] = await last(db, {});
  return row?.position ?? 0;
}

const last = keepQuery((db, _: Record<never, never>) =>
  db.selectFrom('event').select('position').orderBy('position', 'desc').limit(1),
);
