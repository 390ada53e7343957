import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { aJob, anObservation, HOUR, jobId, T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { aCommit, aDraft, anImpossibleDraft, plan } from '../support.ts';

/** How every store is claimed, tried and closed, and that all of it keeps its word together. */
export function lifeContract(store: () => Store): void {
  describe('the whole', () => {
    it('can be claimed by its daemon, again and again', async () => {
      await store().join(aJoining());
      await store().join(aJoining());
    });

    it('proves that it can be written without leaving a trace', async () => {
      await store().commitPoll(aCommit({ takesBaseline: true, observations: [anObservation()] }));
      await store().checkWritable();
      await store().checkWritable();
      expect((await store().listObservations({ limit: 9 })).items).toHaveLength(1);
      expect((await store().auditHead()).seq).toBe(0);
    });

    it('finishes what is in hand before it closes, and refuses what comes after', async () => {
      const inHand = store().commitPoll(aCommit({ observations: [anObservation()], audit: [aDraft()] }));
      const closing = [store().close(), store().close()];
      await expect(inHand).resolves.toBe(true);
      await Promise.all(closing);
      await expect(store().auditHead()).rejects.toMatchObject({ reason: 'unavailable' });
    });

    it('writes nothing of a job that stands otherwise on record than what a change was made of', async () => {
      const first = anObservation();
      await store().commitPoll(aCommit({ observations: [first] }));
      const [known] = (await store().readObservations(first.watch, [first.jobId])).values();
      const change = { ...first, anomaly: 'odd' };
      const commit = { observations: [change], audit: [aDraft()] };
      const other = { ...first, notFoundCount: 1 };
      expect(await store().commitPoll(aCommit({ ...commit, madeOf: other }))).toBe(false);
      expect((await store().auditHead()).seq).toBe(0);
      if (known) expect(await store().commitPoll(aCommit({ ...commit, madeOf: known }))).toBe(true);
      expect((await store().auditHead()).seq).toBe(1);
    });

    it('keeps its word when everything happens at once', async () => {
      const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
      await Promise.all([
        ...numbers.map((number) =>
          store().commitPoll(
            aCommit({
              observations: [anObservation(aJob([], { id: jobId(number), createdAt: T0 + HOUR + number }))],
              events: [plan(number, { job: number })],
              audit: [aDraft(number)],
            }),
          ),
        ),
        expect(
          store().commitPoll(aCommit({ observations: [anObservation()], audit: [anImpossibleDraft()] })),
        ).rejects.toThrow(),
      ]);
      expect((await store().listObservations({ limit: 99 })).items).toHaveLength(30);
      expect((await store().listDeliveries({ limit: 99 })).items).toHaveLength(30);
      expect((await store().auditHead()).seq).toBe(30);
    });
  });
}
