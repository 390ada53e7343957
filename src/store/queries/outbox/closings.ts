import type { Kysely } from 'kysely';
import type { Timestamp } from '../../../domain/instant.ts';
import type { Database } from '../schema.ts';
import { toEvent } from '../stored-event.ts';

/**
 * Tells when what was told of channels was closed last: they had recovered, or had left the configuration. What was before makes no
 * channel fail any more. Those of which nothing was closed since then are left out.
 */
export async function lastClosings(db: Kysely<Database>, since: Timestamp): Promise<Map<string, Timestamp>> {
  const rows = await db
    .selectFrom('event')
    .select(['body', 'detected_at'])
    // Events about channels are about no watch.
    .where('watch', '=', '')
    .where('detected_at', '>', since)
    .where('has_happened', '=', 1)
    .orderBy('detected_at')
    .execute();
  const closings = new Map<string, Timestamp>();
  for (const { body, detected_at } of rows) {
    const { name, subject } = toEvent(body);
    if (name === 'channel_recovered' && subject.kind === 'channel')
      closings.set(subject.channel, detected_at);
  }
  return closings;
}
