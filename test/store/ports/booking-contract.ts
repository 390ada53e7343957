import { describe, expect, it } from 'vitest';
import type { Booking } from '../../../src/domain/polling/shared-budget.ts';
import type { SharedMembership } from '../../../src/store/ports/leases.ts';
import { aJoining } from '../../support/joining.ts';
import type { ReplicaStores } from '../../support/replica-stores.ts';

const booking = (over: Partial<Booking> = {}): Booking => ({
  budget: 'atlas/p1',
  perMinute: 90,
  spent: [],
  wanted: 15,
  silentForMs: 0,
  ...over,
});

/** How every store that several replicas share keeps their request budgets. */
export function bookingContract(stores: () => Promise<ReplicaStores>): void {
  describe('request budgets', () => {
    const begin = async (): Promise<{ world: ReplicaStores; a: SharedMembership; b: SharedMembership }> => {
      const world = await stores();
      const join = async (name: string): Promise<SharedMembership> => {
        const membership = await world.open().join(aJoining({ name }));
        if (membership.kind !== 'shared') throw new Error('alone');
        return membership;
      };
      return { world, a: await join('a'), b: await join('b') };
    };
    const grantedTo = async (of: SharedMembership, over: Partial<Booking> = {}): Promise<number> =>
      (await of.book([booking(over)]))[0]?.granted ?? Number.NaN;

    it('grant what the others have neither spent nor been granted', async () => {
      const { a, b } = await begin();
      const spent = [{ agoMs: 1_000, count: 30 }];
      expect(await a.book([booking({ spent, wanted: 15 })])).toEqual([
        { budget: 'atlas/p1', granted: 15, moreInMs: null, silentForMs: 0 },
      ]);
      const [grant] = await b.book([booking({ wanted: 60 })]);
      expect(grant).toMatchObject({ granted: 45, moreInMs: expect.any(Number) });
      expect(grant?.moreInMs).toBeGreaterThan(55_000);
      expect(grant?.moreInMs).toBeLessThanOrEqual(59_000);
      expect(await grantedTo(b, { budget: 'atlas/p1 events', wanted: 60 })).toBe(60);
    });

    it('count what was spent for a minute', async () => {
      const { world, a, b } = await begin();
      await a.book([booking({ spent: [{ agoMs: 0, count: 90 }], wanted: 0 })]);
      expect(await grantedTo(b)).toBe(0);
      await b.beat({ wanted: [], configuration: aJoining().configuration });
      world.advance(8_000);
      await b.beat({ wanted: [], configuration: aJoining().configuration });
      world.advance(8_000);
      await b.beat({ wanted: [], configuration: aJoining().configuration });
      expect(await grantedTo(b)).toBe(0);
      for (let passed = 16_000; passed < 61_000; passed += 9_000) {
        world.advance(9_000);
        await b.beat({ wanted: [], configuration: aJoining().configuration });
      }
      expect(await grantedTo(b)).toBe(15);
    });

    it('count what a dead replica was granted as spent when it died', async () => {
      const { world, a, b } = await begin();
      expect(await grantedTo(a, { wanted: 80 })).toBe(80);
      const beat = () => b.beat({ wanted: [], configuration: aJoining().configuration });
      for (const ms of [9_000, 9_000]) {
        world.advance(ms);
        await beat();
      }
      expect(await grantedTo(b)).toBe(10);
      for (let passed = 18_000; passed < 80_000; passed += 9_000) {
        world.advance(9_000);
        await beat();
      }
      expect(await grantedTo(b, { wanted: 90 })).toBe(90);
    });

    it('grant nothing to a replica that counts as dead', async () => {
      const { world, a } = await begin();
      world.advance(15_001);
      expect(await grantedTo(a)).toBe(0);
    });

    it('say to all how long Atlas wants silence', async () => {
      const { a, b } = await begin();
      await a.book([booking({ silentForMs: 20_000 })]);
      const [grant] = await b.book([booking()]);
      expect(grant?.silentForMs).toBeGreaterThan(15_000);
      expect(grant?.silentForMs).toBeLessThanOrEqual(20_000);
    });

    it('are never overdrawn by replicas that book many at once', async () => {
      const { a, b } = await begin();
      const budgets = Array.from({ length: 20 }, (_, index) => `atlas/${index}`);
      const all = budgets.map((budget) => booking({ budget, wanted: 60 }));
      const [ofA, ofB] = await Promise.all([a.book(all), b.book(all.toReversed())]);
      const sums = budgets.map((budget) =>
        [...ofA, ...ofB].filter((one) => one.budget === budget).reduce((sum, one) => sum + one.granted, 0),
      );
      expect(sums).toEqual(budgets.map(() => 90));
    });
  });
}
