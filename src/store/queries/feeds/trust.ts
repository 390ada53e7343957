import type { Kysely } from 'kysely';
import type { Distrust, Trust } from '../../../domain/polling/trust.ts';
import type { FeedPlace, FeedTrust } from '../../ports/feeds.ts';
import { chunks, MANY_IDS } from '../chunks.ts';
import type { Database, FeedTrustTable } from '../schema.ts';

/** Reads how far the feeds of these projects are relied on; nothing of one of which nothing was noted. */
export async function readFeedTrust(
  db: Kysely<Database>,
  { connection, kind }: Omit<FeedPlace, 'groupId'>,
  groupIds: readonly string[],
): Promise<FeedTrust[]> {
  const found: FeedTrust[] = [];
  for (const chunk of chunks(groupIds, MANY_IDS)) {
    const rows = await db
      .selectFrom('feed_trust')
      .selectAll()
      .where('connection', '=', connection)
      .where('kind', '=', kind)
      .where('group_id', 'in', chunk)
      .execute();
    found.push(...rows.map((row) => ({ connection, kind, groupId: row.group_id, trust: trustOf(row) })));
  }
  return found;
}

/** Writes how far feeds are relied on, over what was there. None may stand there twice. */
export async function writeFeedTrust(db: Kysely<Database>, all: readonly FeedTrust[]): Promise<void> {
  for (const chunk of chunks(all)) {
    await db
      .insertInto('feed_trust')
      .values(chunk.map(rowOf))
      .onConflict((conflict) =>
        conflict.columns(['connection', 'kind', 'group_id']).doUpdateSet((row) => ({
          standing: row.ref('excluded.standing'),
          since: row.ref('excluded.since'),
          reason: row.ref('excluded.reason'),
          detail: row.ref('excluded.detail'),
          proofs: row.ref('excluded.proofs'),
        })),
      )
      .execute();
  }
}

function rowOf({ connection, kind, groupId, trust }: FeedTrust): FeedTrustTable {
  const { standing, since, reason, detail } = trust;
  const proofs = trust.proofs.map((isTold) => (isTold ? '1' : '0')).join('');
  return { connection, kind, group_id: groupId, standing, since, reason, detail, proofs };
}

/** A word that another version has written counts as no proof. */
function trustOf({ standing, since, reason, detail, proofs }: FeedTrustTable): Trust {
  const told = [...proofs].map((digit) => digit === '1');
  if (standing === 'trusted' || standing === 'proving') {
    return { standing, since, reason: null, detail: null, proofs: told };
  }
  return { standing: 'distrusted', since, reason: reasonOf(reason), detail, proofs: told };
}

function reasonOf(text: string | null): Distrust {
  return text === 'refused' || text === 'unreadable' ? text : 'missed';
}
