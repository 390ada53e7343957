import { describe, expect, it } from 'vitest';
import { readInPortions } from '../../src/http/portions.ts';
import type { PageRequest } from '../../src/store/ports/records.ts';

/** `count` rows, by their numbers; `short`: this one ends its portion, though more come behind it. */
function rows(count: number, short = -1) {
  const asked: PageRequest[] = [];
  const read = async (page: PageRequest) => {
    asked.push(page);
    const from = Number(page.cursor ?? 0);
    const end = Math.min(count, from + page.limit, short >= from ? short + 1 : count);
    const items = Array.from({ length: end - from }, (_, index) => from + index);
    return { items, nextCursor: end < count ? String(end) : null };
  };
  return { asked, read };
}

describe('a page', () => {
  it('that is long is read in portions, and others have their turn in between', async () => {
    const { asked, read } = rows(1_000);
    let turns = 0;
    const beat = (): void => {
      turns += 1;
      if (asked.length < 3) setImmediate(beat);
    };
    setImmediate(beat);
    const page = await readInPortions({ limit: 250, cursor: '20' }, read);
    expect(page.items).toEqual(Array.from({ length: 250 }, (_, index) => 20 + index));
    expect(page.nextCursor).toBe('270');
    expect(asked.map(({ limit }) => limit)).toEqual([100, 100, 50]);
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it('ends with the last row, and with a portion that is short', async () => {
    expect(await readInPortions({ limit: 250 }, rows(120).read)).toMatchObject({ nextCursor: null });
    expect((await readInPortions({ limit: 250 }, rows(120).read)).items).toHaveLength(120);
    const short = await readInPortions({ limit: 250 }, rows(1_000, 130).read);
    expect(short.items).toHaveLength(131);
    expect(short.nextCursor).toBe('131');
  });
});
