import type { Kysely } from 'kysely';
import type { FeedStore } from '../ports/feeds.ts';
import { readFeedTrust, writeFeedTrust } from '../queries/feeds/trust.ts';
import type { Database } from '../queries/schema.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the port of activity feeds over SQL. */
export function createFeedStore(
  db: Kysely<Database>,
  { inTurn, beside }: Turns,
  guarded: Guarded,
): FeedStore {
  return {
    readFeedTrust: guarded('read what feeds have proved', (place, groupIds) =>
      readFeedTrust(db, place, groupIds),
    ),
    noteFeedTrust: guarded('note what feeds have proved', async (all, audit) => {
      if (audit.length === 0) return beside((trx) => writeFeedTrust(trx, all));
      await inTurn(async (trx, record) => {
        await writeFeedTrust(trx, all);
        await record(audit);
      });
    }),
  };
}
