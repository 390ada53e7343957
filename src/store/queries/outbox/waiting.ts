import { sql, type Transaction } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import { APART_WHEN_MADE_DUE_MS } from '../../../domain/telling/retry-policy.ts';
import { keepQuery } from '../kept/kept-query.ts';
import { type Database, PENDING } from '../schema.ts';
import type { Ended, Written } from './outcomes.ts';
import { endQuiet, noteQuiet } from './quiet.ts';

/**
 * Draws the consequences of outcomes for the rest of their channels, within the transaction that has written them: what was accepted
 * ends a silence and makes due what waits, and what was refused may begin a silence.
 */
export async function writeConsequences(
  trx: Transaction<Database>,
  written: readonly Written[],
): Promise<void> {
  for (const [channel, { acceptedAt, sentAt }] of await acceptances(trx, written)) {
    await endQuiet(trx, channel, sentAt);
    await makeWaitingDue(trx, { channel, acceptedAt, sentAt });
  }
  for (const { outcome, ended } of written) {
    if ((outcome.kind !== 'retry' && outcome.kind !== 'given_up') || outcome.quietUntil === undefined)
      continue;
    const { channel } = ended ?? (await standing(trx, outcome.id)) ?? {};
    if (channel !== undefined)
      await noteQuiet(trx, channel, { since: outcome.at, until: outcome.quietUntil });
  }
}

/** When something was accepted, and when its send had begun. */
type Acceptance = { acceptedAt: Timestamp; sentAt: Timestamp };

/**
 * By channel: when something was accepted by these outcomes, and when its send had begun. Of several the latest, which says as much as all of
 * them: one that has hung may end along with one that was begun long after it.
 */
async function acceptances(
  trx: Transaction<Database>,
  written: readonly Written[],
): Promise<Map<string, Acceptance>> {
  const found = new Map<string, Acceptance>();
  for (const { outcome, ended } of written) {
    if (outcome.kind !== 'delivered' || outcome.wasSent === false) continue;
    const row = ended ?? (await standing(trx, outcome.id));
    if (!row) continue;
    const before = found.get(row.channel);
    found.set(row.channel, {
      acceptedAt: Math.max(outcome.at, before?.acceptedAt ?? outcome.at),
      sentAt: Math.max(row.last_attempt_at ?? outcome.at, before?.sentAt ?? 0),
    });
  }
  return found;
}

async function standing(trx: Transaction<Database>, id: string): Promise<Ended | undefined> {
  return trx
    .selectFrom('delivery')
    .select(['channel', 'last_attempt_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/**
 * Makes due what the channel has refused before the send that was accepted began, and would try again later: its fault was the channel's, which accepts again. One
 * statement over an index that holds just those, and in the common case none.
 */
const makeWaitingDue = keepQuery((db, { channel, acceptedAt, sentAt }: Acceptance & { channel: string }) => {
  const apart = sql.join(
    APART_WHEN_MADE_DUE_MS.slice(0, -1).map((ms, times) => sql`when ${sql.lit(times)} then ${sql.lit(ms)}`),
    sql` `,
  );
  const earliest = sql<number>`last_attempt_at + case made_due ${apart} else ${sql.lit(APART_WHEN_MADE_DUE_MS.at(-1) ?? 0)} end`;
  return (
    db
      .updateTable('delivery')
      .set(({ eb }) => ({
        next_attempt_at: sql<number>`case when ${earliest} > ${acceptedAt} then ${earliest} else ${acceptedAt} end`,
        made_due: eb('made_due', '+', 1),
      }))
      .where('channel', '=', channel)
      .where('status', '=', PENDING)
      .where('attempts_finished', '>', sql.lit(0))
      .where('next_attempt_at', '>', acceptedAt)
      .where('last_attempt_at', '<', sentAt)
      // A recipient who is refused while others are accepted has a fault of its own.
      .where((eb) => eb.or([eb('recipient', 'is', null), eb('attempts_finished', '>', 1)]))
      .where('claimed_at', 'is', null)
      .where(sql.ref<number>('next_attempt_at'), '>', earliest)
  );
});
