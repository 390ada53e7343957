import { describe, expect, it } from 'vitest';
import type { CoverageSpan, CoverageWriter } from '../../../src/domain/coverage/span.ts';
import type { Store } from '../../../src/store/store.ts';
import { MINUTE, T0 } from '../../support/builders.ts';

const PLACE = { watch: 'orders', groupId: 'g', instanceName: 'orders' };
const WHOLE = { since: 0, until: T0 + 1_000 * MINUTE };

function aSpan(number: number, over: Partial<CoverageSpan> = {}): CoverageSpan {
  return { ...PLACE, number, from: T0, to: null, cause: null, until: null, slackMs: 5_000, ...over };
}

function aWriter(id: string, over: Partial<CoverageWriter> = {}): CoverageWriter {
  return { id, startedAt: T0, aliveAt: T0, endedAt: null, ...over };
}

/** What every store keeps of when what was watched. */
export function coverageContract(store: () => Store): void {
  const note = (id: string, spans: CoverageSpan[], over: Partial<CoverageWriter> = {}, firsts = [1]) =>
    store().noteCoverage({ writer: aWriter(id, over), spans, firsts: spans.length === 0 ? [] : firsts });
  const read = (filter: { watch?: string; since?: number; until?: number } = {}) =>
    store().readCoverage({ ...WHOLE, ...filter });

  describe('coverage', () => {
    it('is as it was noted last, with the sign of life of its writer', async () => {
      await note('a', [aSpan(1)]);
      const ended = aSpan(1, { to: T0 + MINUTE, cause: 'atlas_away' });
      await note('a', [ended], { aliveAt: T0 + MINUTE, endedAt: T0 + MINUTE });
      expect(await read()).toEqual({
        spans: [{ ...ended, writer: 'a' }],
        writers: [aWriter('a', { aliveAt: T0 + MINUTE, endedAt: T0 + MINUTE })],
      });
    });

    it('of one writer ends where that of the next begins, of the same place alone, and stays so', async () => {
      const other = { instanceName: 'other' };
      await note('a', [aSpan(1), aSpan(2, other)], {}, [1, 2]);
      await note('b', [aSpan(1, { from: T0 + MINUTE }), aSpan(2, { from: T0 + 2 * MINUTE })]);
      await note('a', [aSpan(1, { to: T0 + 5, cause: 'handed_over' })]);
      const { spans } = await read();
      expect(spans.map(({ writer, number, to, until }) => [writer, number, to, until]).toSorted()).toEqual([
        ['a', 1, T0 + 5, T0 + MINUTE],
        ['a', 2, null, null],
        ['b', 1, null, null],
        ['b', 2, null, null],
      ]);
    });

    it('of a period is what lies in it, and the last of each place before', async () => {
      const at = (minutes: number) => T0 + minutes * MINUTE;
      await note('a', [
        aSpan(1, { to: at(1), cause: 'role', until: at(2) }),
        aSpan(2, { from: at(2), to: at(3), cause: 'role', until: at(9) }),
        aSpan(3, { from: at(9), to: at(9), cause: 'asleep' }),
        aSpan(4, { watch: 'billing', to: at(1), cause: 'gone' }),
      ]);
      const numbers = async (filter: Parameters<typeof read>[0]) =>
        (await read(filter)).spans.map(({ number }) => number).toSorted();
      expect(await numbers({})).toEqual([1, 2, 3, 4]);
      expect(await numbers({ watch: 'orders' })).toEqual([1, 2, 3]);
      expect(await numbers({ since: at(2) + 1 })).toEqual([2, 3, 4]);
      expect(await numbers({ until: at(9) })).toEqual([1, 2, 4]);
      expect(await numbers({ since: at(50), watch: 'orders' })).toEqual([3]);
    });

    it('of many places is read whole, and pruned when it was over long ago', async () => {
      const spans = Array.from({ length: 2_500 }, (_, index) => [
        aSpan(2 * index + 1, { instanceName: `c${index}`, to: T0 + 1, cause: 'role', until: T0 + 2 }),
        aSpan(2 * index + 2, { instanceName: `c${index}`, from: T0 + 2 }),
      ]).flat();
      await note('a', spans, { aliveAt: T0 + 3 });
      await note('b', [], { aliveAt: T0 - MINUTE });
      expect((await read()).spans).toHaveLength(5_000);
      const pruned = [900];
      while (pruned.at(-1) === 900) pruned.push(await store().pruneCoverage(T0 + MINUTE, 900));
      // The last ones with the writer that has no span.
      expect(pruned.slice(1)).toEqual([900, 900, 701]);
      expect(await store().pruneCoverage(T0 + MINUTE, 900)).toBe(0);
      const left = await read();
      expect(left.spans).toHaveLength(2_500);
      expect(left.spans.every(({ from }) => from === T0 + 2)).toBe(true);
      expect(left.writers.map(({ id }) => id)).toEqual(['a']);
    });
  });
}
