import { describe, expect, it } from 'vitest';
import type { SharedMembership } from '../../../src/store/ports/leases.ts';
import type { SealedToken } from '../../../src/store/ports/replicas/tokens.ts';
import { aJoining } from '../../support/joining.ts';
import type { ReplicaStores } from '../../support/replica-stores.ts';

const token = (number: number): SealedToken => ({ sealed: `sealed-${number}`, expiresAt: 1_000 * number });

/** How every store that several replicas share keeps their access tokens. */
export function tokensContract(stores: () => Promise<ReplicaStores>): void {
  describe('access tokens', () => {
    const begin = async (): Promise<[SharedMembership, SharedMembership]> => {
      const world = await stores();
      const join = async (name: string): Promise<SharedMembership> => {
        const membership = await world.open().join(aJoining({ name }));
        if (membership.kind !== 'shared') throw new Error('alone');
        return membership;
      };
      return [await join('a'), await join('b')];
    };

    it('are renewed by one replica at a time, each of which gets what the one before has made', async () => {
      const [a, b] = await begin();
      const seen: Array<SealedToken | null> = [];
      const renew = (of: SharedMembership) =>
        of.renewToken('key', async (kept) => {
          seen.push(kept);
          await new Promise((resolve) => setTimeout(resolve, 20));
          return token(seen.length);
        });
      await Promise.all([renew(a), renew(b)]);
      expect(seen).toEqual([null, token(1)]);
      expect(await a.readToken('key')).toEqual(token(2));
    });

    it('stay as they are when one cannot be made, or need not be', async () => {
      const [a, b] = await begin();
      await a.renewToken('key', async () => token(1));
      const fault = new Error('Atlas refuses');
      await expect(b.renewToken('key', () => Promise.reject(fault))).rejects.toBe(fault);
      await b.renewToken('key', async () => null);
      expect(await a.readToken('key')).toEqual(token(1));
      expect(await a.readToken('another')).toBeNull();
    });

    it('are not replaced by one that ends earlier', async () => {
      const [a, b] = await begin();
      await a.keepToken('key', token(2));
      await b.keepToken('key', token(1));
      expect(await a.readToken('key')).toEqual(token(2));
    });
  });
}
