import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Timestamp, toIsoOrNull } from '../../domain/instant.ts';
import type { Outbox } from '../../store/ports/outbox.ts';
import type { DeliveryCount, RecordReader } from '../../store/ports/records.ts';
import type { ChannelReport, ChannelState } from './report.ts';

/** How a channel is known to be doing, besides what it is owed. */
export interface ChannelStanding {
  channel: string;
  state: ChannelState;
  since: Timestamp | null;
  detail: string | null;
  nextDigestAt: Timestamp | null;
  sentBy: string | null;
}

/** What the reports of channels ask of the store. */
export type ChannelRecords = Pick<RecordReader, 'countDeliveries'> &
  Pick<Outbox, 'lastAcceptedAt' | 'nextDueAt'>;

/**
 * Reports each of these channels with what it is owed, by counts that the store keeps.
 * @throws {StoreError}
 */
export async function reportChannels(
  store: ChannelRecords,
  channels: readonly ChannelStanding[],
  now: Timestamp,
): Promise<ChannelReport[]> {
  const counts = Map.groupBy(await store.countDeliveries(now), ({ channel }) => channel);
  const reports: ChannelReport[] = [];
  for (const { channel, state, since, detail, nextDigestAt, sentBy } of channels) {
    // What a channel owes takes time to look through: others have their turn in between.
    await nextTurn();
    const own = counts.get(channel) ?? [];
    const pending = own.find(({ status }) => status === 'pending');
    const owed = (pending?.count ?? 0) - (pending?.held ?? 0);
    reports.push({
      channel,
      state,
      since: toIsoOrNull(since),
      detail,
      owed,
      nextTryAt: owed === 0 ? null : toIsoOrNull(await store.nextDueAt(channel, { owedAt: now })),
      held: pending?.held ?? 0,
      givenUp: countOf(own, 'given_up'),
      // Also when all that it has accepted was pruned.
      lastAcceptedAt: toIsoOrNull(await store.lastAcceptedAt(channel)),
      nextDigestAt: toIsoOrNull(nextDigestAt),
      sentBy,
    });
  }
  return reports;
}

/** The same as far as it is known without the store. */
export function unreadChannels(channels: readonly ChannelStanding[]): ChannelReport[] {
  return channels.map(({ channel, state, since, detail, nextDigestAt, sentBy }) => ({
    ...{ channel, state, since: toIsoOrNull(since), detail, owed: null, nextTryAt: null, held: null },
    ...{ givenUp: null, lastAcceptedAt: null, nextDigestAt: toIsoOrNull(nextDigestAt), sentBy },
  }));
}

function countOf(counts: readonly DeliveryCount[], wanted: DeliveryCount['status']): number {
  return counts.find(({ status }) => status === wanted)?.count ?? 0;
}
