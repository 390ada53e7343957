import { describe, expect, it } from 'vitest';
import { allAtOnce, type Listing, pagesOf, portionsFromEnd } from '../../../src/cli/view/listing.ts';
import type { PageRequest, Rows } from '../../../src/store/ports/records.ts';

/** Rows by number, the newest (0) first, and how many were asked for at a time. */
function rows(count: number) {
  const asked: number[] = [];
  const read = async ({ limit, cursor = '0' }: PageRequest): Promise<Rows<number>> => {
    asked.push(limit);
    const from = Number(cursor);
    const end = Math.min(count, from + limit);
    const items = Array.from({ length: end - from }, (_, index) => from + index);
    return { items, nextCursor: end < count ? String(end) : null };
  };
  return { read, asked };
}

async function all<T>(listing: Listing<T>): Promise<{ portions: T[][]; hasMore: boolean }> {
  const portions: T[][] = [];
  for (;;) {
    const { done, value } = await listing.next();
    if (done) return { portions, hasMore: value };
    portions.push([...value]);
  }
}

const sizes = (portions: readonly unknown[][]) => portions.map(({ length }) => length);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a listing', () => {
  it.each([
    { limit: 100, count: 1_200, portionSizes: [100], hasMore: true },
    { limit: 1_000, count: 1_000, portionSizes: [500, 500], hasMore: false },
    { limit: 1_000, count: 1_001, portionSizes: [500, 500], hasMore: true },
    { limit: 1_000_000, count: 1_200, portionSizes: [500, 500, 200], hasMore: false },
    { limit: 5, count: 0, portionSizes: [], hasMore: false },
  ])('comes a page at a time: $limit of $count', async ({ limit, count, portionSizes, hasMore }) => {
    const { read, asked } = rows(count);
    const came = await all(pagesOf(limit, read));
    expect(came.portions.flat()).toEqual(upTo(Math.min(limit, count)));
    expect(sizes(came.portions)).toEqual(portionSizes);
    expect(came.hasMore).toBe(hasMore);
    expect(Math.max(...asked)).toBeLessThanOrEqual(500);
  });

  it('is not read further than somebody goes on', async () => {
    const { read, asked } = rows(10_000);
    const listing = pagesOf(1_000_000, read);
    await listing.next();
    expect(asked).toHaveLength(1);
  });

  it('that shows the last read first holds a portion of it at a time', async () => {
    const { read } = rows(12_345);
    const came = await all(portionsFromEnd(1_000_000, read, () => true));
    expect(sizes(came.portions)).toEqual([2_345, 5_000, 5_000]);
    expect(came.portions.toReversed().flat()).toEqual(upTo(12_345));
    expect(came.hasMore).toBe(false);
  });

  it.each([
    { limit: 7, portionSizes: [7], hasMore: true },
    { limit: 6_000, portionSizes: [1_000, 5_000], hasMore: true },
    { limit: 6_172, portionSizes: [1_172, 5_000], hasMore: true },
    { limit: 6_173, portionSizes: [1_173, 5_000], hasMore: false },
    { limit: 9_999, portionSizes: [1_173, 5_000], hasMore: false },
  ])(
    'that shows the last read first counts what is kept: $limit',
    async ({ limit, portionSizes, hasMore }) => {
      const { read } = rows(12_345);
      const came = await all(portionsFromEnd(limit, read, (row) => row % 2 === 0));
      expect(sizes(came.portions)).toEqual(portionSizes);
      expect(came.portions.toReversed().flat()).toEqual(
        upTo(Math.min(limit, 6_173)).map((index) => 2 * index),
      );
      expect(came.hasMore).toBe(hasMore);
    },
  );

  it('of what is at hand is one portion, or none', async () => {
    expect(await all(allAtOnce(['a'], true))).toEqual({ portions: [['a']], hasMore: true });
    expect(await all(allAtOnce([]))).toEqual({ portions: [], hasMore: false });
  });
});
