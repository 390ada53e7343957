import { describe, expect, it } from 'vitest';
import type { VerifiedLog } from '../../../src/store/ports/evidence/verified.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';

const SOUND: VerifiedLog = {
  ...{ at: T0, by: 'ann@desk, 1.2.3', head: { seq: 41, hash: 'a'.repeat(64) } },
  ...{ problems: 0, first: null, isKeyGiven: true },
};

/** What every store does with what was verified last. */
export function verifiedContract(store: () => Store): void {
  describe('what was verified last', () => {
    it('is nothing at first, then what was noted last, and no entry of the log', async () => {
      expect(await store().lastVerified()).toBeNull();
      await store().noteVerified(SOUND);
      expect(await store().lastVerified()).toEqual(SOUND);
      const wrong: VerifiedLog = {
        ...{ ...SOUND, at: T0 + 1, head: null, problems: 2 },
        ...{ first: { entry: 1, how: 'changed' }, isKeyGiven: false },
      };
      await store().noteVerified(wrong);
      expect(await store().lastVerified()).toEqual(wrong);
      expect((await store().auditHead()).seq).toBe(0);
    });
  });
}
