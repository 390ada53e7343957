import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DeliveryFilter, ListedDelivery, Rows } from '../../store/ports/records.ts';

const PAGE_SIZE = 500;

/** Gathers the ids of all deliveries that were given up, of one channel or (`null`) of all, the newest first; others have their turn in between. */
export async function givenUpOf(
  record: { listDeliveries(filter: DeliveryFilter): Promise<Rows<ListedDelivery>> },
  channel: string | null,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const filter = { status: 'given_up' as const, channel: channel ?? undefined };
    const page = await record.listDeliveries({ ...filter, limit: PAGE_SIZE, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
    await nextTurn();
  } while (cursor !== undefined);
  return ids;
}
