import { type Kysely, sql } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { type Database, PENDING } from '../schema.ts';

const headOf = keepQuery((db, { channel }: { channel: string }) =>
  db
    .selectFrom('delivery')
    .select(sql<Timestamp>`coalesce(held_until, created_at)`.as('since'))
    .where('channel', '=', channel)
    .where('status', '=', PENDING)
    .orderBy(sql`coalesce(part_of, position)`)
    .orderBy('position')
    .limit(1),
);

/** Reads since when the first in the queue of each channel is owed; see `RecordReader`. One row of an index for each channel. */
export async function owedSince(
  db: Kysely<Database>,
  channels: readonly string[],
): Promise<Map<string, Timestamp>> {
  const since = new Map<string, Timestamp>();
  for (const channel of channels) {
    const [head] = await headOf(db, { channel });
    if (head) since.set(channel, head.since);
  }
  return since;
}
