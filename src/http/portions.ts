import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PageRequest, Rows } from '../store/ports/records.ts';

/** So many rows are read at once: with their texts and deliveries they take about ten milliseconds. */
const PORTION = 100;

/**
 * Reads one page in portions, and lets others have their turn in between: the store holds the event loop while it reads. Ends with a portion
 * that is shorter than it was asked for.
 */
export async function readInPortions<T>(
  { limit, cursor }: PageRequest,
  read: (page: PageRequest) => Promise<Rows<T>>,
): Promise<Rows<T>> {
  const items: T[] = [];
  for (let from = cursor; ; await nextTurn()) {
    const asked = Math.min(PORTION, limit - items.length);
    const portion = await read({ limit: asked, cursor: from });
    items.push(...portion.items);
    const { nextCursor } = portion;
    if (nextCursor === null || portion.items.length < asked || items.length >= limit)
      return { items, nextCursor };
    from = nextCursor;
  }
}
