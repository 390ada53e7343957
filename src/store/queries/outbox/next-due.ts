import type { ExpressionBuilder, Kysely } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import type { DueFilter } from '../../ports/outbox.ts';
import { type Database, PENDING } from '../schema.ts';
import { mustNotOvertake } from './outbox.ts';
import { quietUntil } from './quiet.ts';

/** Tells when the channel has something due next; see `OutboxReader`. Of each queue only the first counts: the others wait for it. */
export async function nextDueAt(
  db: Kysely<Database>,
  channel: string,
  { owedAt }: DueFilter = {},
): Promise<Timestamp | null> {
  const first = await db
    .selectFrom('delivery as d')
    .select((eb) => eb.fn.min<number | null>(dueAt(eb, channel)).as('due_at'))
    .where('d.channel', '=', channel)
    .where('d.status', '=', PENDING)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('delivery as earlier')
            .select('earlier.position')
            .where('earlier.channel', '=', channel)
            .where('earlier.status', '=', PENDING)
            .where(mustNotOvertake()),
        ),
      ),
    )
    .$if(owedAt !== undefined, (query) =>
      query.where((eb) => eb.or([eb('d.held_until', 'is', null), eb('d.held_until', '<=', owedAt ?? 0)])),
    )
    .executeTakeFirst();
  return first?.due_at ?? null;
}

/** The latest of schedule, lease and silence; what is urgent waits for no silence. */
function dueAt(eb: ExpressionBuilder<Database & { d: Database['delivery'] }, 'd'>, channel: string) {
  const free = eb
    .case()
    .when('d.lease_until', '>', eb.ref('d.next_attempt_at'))
    .then(eb.ref('d.lease_until'))
    .else(eb.ref('d.next_attempt_at'))
    .end();
  const loudFrom = quietUntil(channel);
  return eb
    .case()
    .when(eb.or([eb('d.urgent', '=', 1), eb(free, '>=', loudFrom)]))
    .then(free)
    .else(loudFrom)
    .end();
}
