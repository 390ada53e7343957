import { type SqlBool, sql, type Transaction } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { LONGEST_CHANNEL_SILENCE_MS } from '../../../domain/telling/silence.ts';
import { keepQuery } from '../kept/kept-query.ts';
import type { Database } from '../schema.ts';

/**
 * True while the channel keeps a silence, by what is written down. One that is longer than any that is kept does not count: the clock
 * has been set back since.
 */
export function isQuiet(channel: string, now: Timestamp) {
  return sql<SqlBool>`exists (select 1 from channel_quiet as quiet where quiet.channel = ${channel} and quiet.until > ${now} and quiet.until - ${sql.lit(LONGEST_CHANNEL_SILENCE_MS)} <= ${now})`;
}

/** Writes down that the channel is silent from `since` to `until`, in place of what was written before. */
export async function noteQuiet(
  trx: Transaction<Database>,
  channel: string,
  silence: { since: Timestamp; until: Timestamp },
): Promise<void> {
  await trx
    .insertInto('channel_quiet')
    .values({ channel, ...silence })
    .onConflict((conflict) => conflict.column('channel').doUpdateSet(silence))
    .execute();
}

const deleteQuiet = keepQuery((db, { channel, before }: { channel: string; before: Timestamp }) =>
  db.deleteFrom('channel_quiet').where('channel', '=', channel).where('since', '<', before),
);

/** Ends the silence of the channel, if it began before `before`. */
export async function endQuiet(
  trx: Transaction<Database>,
  channel: string,
  before: Timestamp,
): Promise<void> {
  await deleteQuiet(trx, { channel, before });
}
