import { type Kysely, sql } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { type Database, PENDING } from '../schema.ts';

/** In this form it stands in the index. */
const SINCE = sql<Timestamp>`coalesce(held_until, created_at)`;

type Part = Readonly<{ channel: string; covered: string }>;

/** The oldest of a part, or of the part behind it. */
const oldestOf = keepQuery((db, { channel, covered }: Part, { isBehind }: { isBehind: boolean }) =>
  db
    .selectFrom('delivery')
    .select(['covered_by', SINCE.as('since')])
    .where('channel', '=', channel)
    .where('status', '=', PENDING)
    .where('covered_by', isBehind ? '>' : '>=', covered)
    .orderBy('covered_by')
    .orderBy(SINCE)
    .limit(1),
);

/**
 * Reads since when the oldest that each channel owes is owed; see `RecordReader`. The index that holds it is parted by the fallback that is
 * known to be owed the same: one row is read of each part.
 */
export async function owedSince(
  db: Kysely<Database>,
  channels: readonly string[],
): Promise<Map<string, Timestamp>> {
  const since = new Map<string, Timestamp>();
  for (const channel of channels) {
    let [oldest] = await oldestOf(db, { channel, covered: '' }, { isBehind: false });
    while (oldest) {
      since.set(channel, Math.min(oldest.since, since.get(channel) ?? oldest.since));
      [oldest] = await oldestOf(db, { channel, covered: oldest.covered_by }, { isBehind: true });
    }
  }
  return since;
}
