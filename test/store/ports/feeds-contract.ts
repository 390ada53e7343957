import { describe, expect, it } from 'vitest';
import { GENESIS } from '../../../src/domain/audit.ts';
import { firstTrust, type Trust } from '../../../src/domain/polling/trust.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { aDraft, anImpossibleDraft } from '../support.ts';

const PLACE = { connection: 'atlas', kind: 'cluster' } as const;
const MISSED: Trust = {
  standing: 'distrusted',
  since: T0 + 1,
  reason: 'missed',
  detail: 'the feed did not tell of job x',
  proofs: [true, true, false],
};

/** What every store remembers of activity feeds. */
export function feedsContract(store: () => Store): void {
  describe('activity feeds', () => {
    const read = (...groupIds: string[]) => store().readFeedTrust(PLACE, groupIds);
    const trustOf = (groupId: string, trust: Trust) => ({ ...PLACE, groupId, trust });

    it('are known by connection, kind and project, as they were noted last', async () => {
      const first = firstTrust('cluster', T0);
      const others = [
        { ...trustOf('a', MISSED), connection: 'other' },
        { ...trustOf('a', MISSED), kind: 'flex' as const },
      ];
      await store().noteFeedTrust([trustOf('a', first), trustOf('b', first), ...others], []);
      await store().noteFeedTrust([trustOf('b', MISSED)], []);
      expect(await read('a', 'b', 'c')).toEqual([trustOf('a', first), trustOf('b', MISSED)]);
      expect(await read('c')).toEqual([]);
      expect(await read()).toEqual([]);
    });

    it('are noted with the entries that tell of it, or not at all', async () => {
      await store().noteFeedTrust([trustOf('a', MISSED)], [aDraft()]);
      expect((await store().readAudit(0, 9)).map(({ seq }) => seq)).toEqual([1]);
      await expect(store().noteFeedTrust([trustOf('b', MISSED)], [anImpossibleDraft()])).rejects.toThrow();
      expect(await read('a', 'b')).toEqual([trustOf('a', MISSED)]);
      expect((await store().readAudit(0, 9))[0]?.prev).toBe(GENESIS.hash);
    });

    it('of ten thousand projects are noted and read at once', async () => {
      const ids = Array.from({ length: 10_000 }, (_, index) => `${index}`);
      await store().noteFeedTrust(
        ids.map((groupId) => trustOf(groupId, firstTrust('cluster', T0))),
        [],
      );
      expect(await read(...ids)).toHaveLength(10_000);
    });
  });
}
