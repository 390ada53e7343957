import { describe, expect, it } from 'vitest';
import { brokenLink, GENESIS } from '../../../src/domain/audit.ts';
import { EMPTY_FRONTIER, growFrontier, leafHash } from '../../../src/domain/evidence/audit-tree.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { aCommit, aDraft, plan } from '../support.ts';

/** How every store keeps the audit log. */
export function auditContract(store: () => Store): void {
  describe('the audit log', () => {
    it('is one unbroken chain over everything that writes to it', async () => {
      await store().recordAudit([aDraft(1), aDraft(2)]);
      await store().commitPoll(aCommit({ events: [plan(1)], audit: [aDraft(3)] }));
      await store().recordOutcomes([], [aDraft(4)]);
      await store().recordAudit([]);

      const entries = await store().readAudit(0, 9);
      expect(entries.map(({ data }) => data)).toEqual([1, 2, 3, 4].map((number) => ({ number })));
      let head = GENESIS;
      for (const entry of entries) {
        expect(brokenLink(head, entry)).toBeNull();
        head = { seq: entry.seq, hash: entry.hash };
      }
      expect(await store().auditHead()).toEqual(head);
    });

    it('begins with the genesis', async () => {
      expect(await store().auditHead()).toEqual(GENESIS);
      expect(await store().readAudit(0, 9)).toEqual([]);
    });

    it('remembers how far the mirror has got, and never goes back', async () => {
      expect(await store().mirroredSeq()).toBe(0);
      await store().noteMirrored(7);
      await store().noteMirrored(5);
      expect(await store().mirroredSeq()).toBe(7);
    });

    it('has the tree over its lines, in however many steps it was written', async () => {
      expect(await store().auditTree()).toEqual({ seq: 0, tree: EMPTY_FRONTIER });
      await store().recordAudit([aDraft(1), aDraft(2), aDraft(3)]);
      await Promise.all([4, 5].map((number) => store().recordAudit([aDraft(number)])));
      await store().commitPoll(aCommit({ events: [plan(1)], audit: [aDraft(6)] }));
      const lines = await store().readAuditLines(0, 9);
      expect(await store().auditTree()).toEqual({
        seq: 6,
        tree: growFrontier(
          EMPTY_FRONTIER,
          lines.map(({ body }) => leafHash(body)),
        ),
      });
    });

    it('signs how it stands, and writes that down right behind it', async () => {
      const sizes: number[] = [];
      const request = (key: string, isWanted = true) => ({
        at: T0,
        key,
        sign: ({ size }: { size: number }) => {
          sizes.push(size);
          return isWanted ? `note of ${size}` : null;
        },
      });
      expect(await store().recordCheckpoint(request('a'))).toBeNull();
      expect(await store().lastCheckpoint()).toEqual({ key: null, last: null });

      await store().recordAudit([aDraft(1), aDraft(2)]);
      const made = await store().recordCheckpoint(request('a'));
      expect(made).toEqual({ at: '2026-11-02T08:00:05.000Z', size: 3, note: 'note of 3' });
      expect(await store().lastCheckpoint()).toEqual({ key: 'a', last: made });
      expect(await store().recordCheckpoint(request('a', false))).toBeNull();
      await store().recordCheckpoint(request('b'));
      expect(sizes).toEqual([3, 4, 5]);
      const entries = await store().readAudit(2, 9);
      expect(entries.map(({ kind, data }) => [kind, data])).toEqual([
        ['checkpoint.key', { key: 'a', before: null }],
        ['checkpoint.made', { note: 'note of 3' }],
        ['checkpoint.key', { key: 'b', before: 'a' }],
        ['checkpoint.made', { note: 'note of 5' }],
      ]);
      expect(await store().lastCheckpoint()).toMatchObject({ key: 'b', last: { size: 5 } });
    });

    it('is read in order, page by page', async () => {
      await store().recordAudit(Array.from({ length: 120 }, (_, index) => aDraft(index + 1)));
      const seqs = async (after: number, limit: number) =>
        (await store().readAudit(after, limit)).map(({ seq }) => seq);
      expect(await seqs(0, 2)).toEqual([1, 2]);
      expect(await seqs(117, 9)).toEqual([118, 119, 120]);
      expect(await seqs(120, 9)).toEqual([]);
    });

    it('stays one chain when many write at once', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, index) => store().recordAudit([aDraft(index)])));
      const entries = await store().readAudit(0, 99);
      expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(entries.slice(1).every((entry, index) => entry.prev === entries[index]?.hash)).toBe(true);
    });
  });
}
