import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome } from '../../../src/store/ports/outbox.ts';
import type { Store } from '../../../src/store/store.ts';
import { anEvent, T0 } from '../../support/builders.ts';
import { LEASE_MS, NOW, outboxSteps } from '../outbox-steps.ts';
import { aDraft, anImpossibleDraft, plan } from '../support.ts';
import { digestContract } from './digest-contract.ts';
import { fallbackContract } from './fallback-contract.ts';
import { recipientsContract } from './recipients-contract.ts';
import { silenceContract } from './silence-contract.ts';

/** What every store owes to channels: who may send it, and what became of it. */
export function outboxContract(store: () => Store): void {
  const { claim, record, owe, idOf, ids, delivered, retry, givenUp, released, stored } = outboxSteps(store);

  describe('a channel that accepts nothing', () => {
    const since = async () => Object.fromEntries(await store().failingChannels());
    const attempt = async (number: number, at: number, outcome: DeliveryOutcome): Promise<void> => {
      await claim({ now: at });
      await record({ ...outcome, id: idOf(number), at: at + 5 });
    };

    it('is failing since its first failed attempt', async () => {
      await owe(plan(1), plan(2, { channels: ['dba'] }));
      expect(await since()).toEqual({});
      await attempt(1, NOW, retry(1, NOW + 100));
      await attempt(1, NOW + 100, retry(1, NOW + 200));
      expect(await since()).toEqual({ oncall: NOW });
    });

    it('is so since the first attempt that failed after the last acceptance', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }));
      await claim({ now: NOW });
      await record({ ...retry(1, NOW + 100), at: NOW + 5 });
      await record({ ...delivered(2), at: NOW + 50 });
      expect(await since()).toEqual({});
      await attempt(1, NOW + 100, retry(1, NOW + 200));
      await attempt(1, NOW + 200, retry(1, NOW + 300));
      expect(await since()).toEqual({ oncall: NOW + 200 });
    });

    it('is so no more when what failed has been accepted or given up', async () => {
      await owe(plan(1));
      await attempt(1, NOW, retry(1, NOW + 100));
      await attempt(1, NOW + 100, givenUp(1));
      expect(await since()).toEqual({});
    });
  });

  describe('claiming', () => {
    it('gives nothing when nothing is due', async () => {
      expect(await claim()).toEqual([]);
      await owe(plan(1, { channels: ['dba'] }));
      expect(await claim()).toEqual([]);
      expect(await claim({ channel: 'dba', now: T0 - 1 })).toEqual([]);
    });

    it('gives what is due, oldest first, with its event, and counts an attempt as begun', async () => {
      await owe(plan(2, { job: 2 }), plan(1, { job: 1 }), plan(3, { job: 3 }));
      const claimed = await claim({ limit: 2 });
      expect(ids(claimed)).toEqual([idOf(2), idOf(1)]);
      expect(claimed[0]).toEqual({
        ...(await stored(2)),
        event: plan(2, { job: 2 }).event,
        attemptsStarted: 1,
        attemptsFinished: 0,
        firstAttemptAt: NOW,
        lastAttemptAt: NOW,
        wasInterrupted: false,
        apart: [],
        behind: [],
        refusedSince: null,
        isUrgent: false,
        madeDue: 0,
        triedMs: 0,
      });
      expect(ids(await claim())).toEqual([idOf(3)]);
      expect(await claim()).toEqual([]);
    });

    it('gives only the first of each job when they are sent one by one', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 1 }), plan(3, { job: 2 }));
      expect(ids(await claim())).toEqual([idOf(1), idOf(3)]);
      expect(await claim()).toEqual([]);
      await record(delivered(1));
      expect(ids(await claim())).toEqual([idOf(2)]);
    });

    it('gives several of one job, in order, when they are sent together', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 1 }), plan(4, { job: 1 }));
      expect(ids(await claim({ perKey: 'run', limit: 3 }))).toEqual([idOf(1), idOf(2), idOf(3)]);
      // The fourth waits for the two before it, which are under a lease.
      expect(await claim({ perKey: 'run' })).toEqual([]);
    });

    it.each(['head', 'run'] as const)(
      'lets nothing overtake a delivery of the same job that waits (%s)',
      async (perKey) => {
        await owe(plan(1, { job: 1 }), plan(2, { job: 1 }), plan(3, { job: 2 }));
        await claim({ perKey, limit: 1 });
        await record(retry(1, NOW + 60_000));
        expect(ids(await claim({ perKey }))).toEqual([idOf(3)]);
        expect(ids(await claim({ perKey, now: NOW + 60_000, limit: 1 }))).toEqual([idOf(1)]);
      },
    );

    it('keeps the order of events without a job per watch', async () => {
      const ofWatch = (number: number, watch: string) => {
        const planned = plan(number);
        return { ...planned, event: anEvent('watch_failing', { id: planned.event.id, watch }) };
      };
      await owe(ofWatch(1, 'orders'), ofWatch(2, 'orders'), ofWatch(3, 'other'));
      expect(ids(await claim())).toEqual([idOf(1), idOf(3)]);
    });

    it('keeps channels apart', async () => {
      await owe(plan(1, { channels: ['oncall', 'dba'] }), plan(2, { channels: ['dba'] }));
      expect(ids(await claim())).toEqual([idOf(1)]);
      expect(ids(await claim({ channel: 'dba', perKey: 'run' }))).toEqual([idOf(1, 'dba'), idOf(2, 'dba')]);
    });

    it('goes on behind a delivery that was given up', async () => {
      await owe(plan(1), plan(2));
      await claim();
      await record(givenUp(1));
      expect(ids(await claim())).toEqual([idOf(2)]);
    });

    it('gives each delivery to one only when several claim at once', async () => {
      await owe(...Array.from({ length: 20 }, (_, index) => plan(index, { job: index })));
      const claims = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => claim({ owner, limit: 7 })));
      const all = claims.flatMap(ids);
      expect(all).toHaveLength(20);
      expect(new Set(all).size).toBe(20);
    });
  });

  describe('leases', () => {
    it('run out, and the next claim knows that an attempt was cut off', async () => {
      await owe(plan(1));
      await claim();
      expect(await claim({ owner: 'b', now: NOW + LEASE_MS - 1 })).toEqual([]);
      const [taken] = await claim({ owner: 'b', now: NOW + LEASE_MS });
      expect(taken).toMatchObject({
        wasInterrupted: true,
        attemptsStarted: 2,
        attemptsFinished: 0,
        firstAttemptAt: NOW,
        lastAttemptAt: NOW + LEASE_MS,
      });
    });

    it('of a claim whose answer was lost are given back when its owner asks again, and nothing was interrupted', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3 }));
      await claim({ limit: 1 });
      await claim({ limit: 1 });
      await claim({ limit: 1, owner: 'b' });
      const again = await claim({ isAgain: true, except: [idOf(1)] });
      expect(ids(again)).toEqual([idOf(2)]);
      expect(again).toMatchObject([{ attemptsStarted: 1, wasInterrupted: false }]);
      expect(await stored(1)).toMatchObject({ attemptsStarted: 1 });
      expect(await stored(3)).toMatchObject({ attemptsStarted: 1 });
    });

    it('are prolonged by their owner and by nobody else', async () => {
      await owe(plan(1));
      await claim();
      await store().renewLeases([idOf(1)], 'b', NOW + 9 * LEASE_MS);
      await store().renewLeases([idOf(1)], 'a', NOW + 2 * LEASE_MS);
      await store().renewLeases([], 'a', NOW);
      expect(await claim({ now: NOW + 2 * LEASE_MS - 1 })).toEqual([]);
      expect(await claim({ now: NOW + 2 * LEASE_MS })).toHaveLength(1);
    });
  });

  describe('outcomes', () => {
    it('delivered ends a delivery', async () => {
      await owe(plan(1));
      await claim();
      await record(delivered(1));
      expect(await stored(1)).toMatchObject({
        status: 'delivered',
        endedAt: NOW + 5,
        lastDetail: '200 ok',
        attemptsStarted: 1,
        attemptsFinished: 1,
        firstAttemptAt: NOW,
        lastAttemptAt: NOW,
      });
      expect(await claim({ now: NOW + 99 * LEASE_MS })).toEqual([]);
    });

    it('retry keeps it owed, for later', async () => {
      await owe(plan(1));
      await claim();
      await record(retry(1, NOW + 30_000));
      expect(await stored(1)).toMatchObject({
        status: 'pending',
        nextAttemptAt: NOW + 30_000,
        endedAt: null,
        lastDetail: '503',
        attemptsStarted: 1,
        attemptsFinished: 1,
      });
      expect(await claim({ now: NOW + 29_999 })).toEqual([]);
      const [again] = await claim({ now: NOW + 30_000 });
      expect(again).toMatchObject({
        attemptsStarted: 2,
        wasInterrupted: false,
        firstAttemptAt: NOW,
        lastAttemptAt: NOW + 30_000,
      });
    });

    it('given up ends it, visibly', async () => {
      await owe(plan(1));
      await claim();
      await record(givenUp(1));
      expect(await stored(1)).toMatchObject({ status: 'given_up', endedAt: NOW + 5, lastDetail: '404' });
      expect(await claim({ now: NOW + 99 * LEASE_MS })).toEqual([]);
    });

    it('released leaves it as it was before the claim, at the first attempt and later', async () => {
      await owe(plan(1));
      const untried = await stored(1);
      await claim();
      await record(released(1));
      expect(await stored(1)).toEqual(untried);

      await claim();
      await record(retry(1, NOW + 10));
      const triedOnce = await stored(1);
      await claim({ now: NOW + 20 });
      await record(released(1));
      await record(released(1));
      expect(await stored(1)).toEqual(triedOnce);
      expect(await claim({ now: NOW + 20 })).toHaveLength(1);
    });

    it('delivered holds even after the lease was lost to somebody else', async () => {
      await owe(plan(1));
      await claim({ owner: 'slow' });
      await claim({ owner: 'b', now: NOW + LEASE_MS });
      await record(delivered(1), 'slow');
      await record(retry(1, NOW + 99_000), 'b');
      expect(await stored(1)).toMatchObject({
        status: 'delivered',
        lastDetail: '200 ok',
        attemptsStarted: 2,
        attemptsFinished: 2,
      });
    });

    it('delivered holds even after it was given up elsewhere, and the first one stands', async () => {
      await owe(plan(1));
      await claim();
      await record(givenUp(1));
      await record(delivered(1));
      await record(delivered(1, { at: NOW + 99, detail: 'twin' }));
      expect(await stored(1)).toMatchObject({ status: 'delivered', endedAt: NOW + 5, lastDetail: '200 ok' });
    });

    it.each([
      ['retry', retry(1, NOW + 99_000)],
      ['given up', givenUp(1)],
      ['released', released(1)],
    ] as const)('%s is passed over when somebody else has the lease by then', async (_kind, outcome) => {
      await owe(plan(1));
      await claim({ owner: 'slow' });
      await claim({ owner: 'b', now: NOW + LEASE_MS });
      await record(outcome, 'slow');
      expect(await stored(1)).toMatchObject({ status: 'pending', nextAttemptAt: T0, attemptsStarted: 2 });
      expect(await claim({ owner: 'c', now: NOW + LEASE_MS + 1 })).toEqual([]);
    });

    it.each([
      ['retry', retry(1, NOW + 99_000)],
      ['given up', givenUp(1)],
      ['released', released(1)],
    ] as const)('%s is passed over when it is no longer pending', async (_kind, outcome) => {
      await owe(plan(1));
      await claim();
      await record(delivered(1));
      const ended = await stored(1);
      await record(outcome);
      expect(await stored(1)).toEqual(ended);
    });

    it('of an unknown delivery change nothing', async () => {
      await record(delivered(1));
      expect((await store().listDeliveries({ limit: 9 })).items).toEqual([]);
    });

    it('are recorded with their audit entries, or not at all', async () => {
      await owe(plan(1), plan(2, { job: 2 }));
      await claim();
      await store().recordOutcomes([delivered(1)], [aDraft()]);
      expect((await store().auditHead()).seq).toBe(1);

      await expect(store().recordOutcomes([delivered(2)], [anImpossibleDraft()])).rejects.toThrow();
      expect(await stored(2)).toMatchObject({ status: 'pending', attemptsFinished: 0 });
      expect((await store().auditHead()).seq).toBe(1);
    });

    it.each([
      ['accepted', delivered(1)],
      ['refused', retry(1, NOW + 100)],
      ['given up', givenUp(1)],
    ])('that were %s are written once, though nobody heard that they were', async (_end, outcome) => {
      await owe(plan(1));
      await claim();
      const again = () => store().recordOutcomes([outcome], [aDraft()], 'a', true);
      await store().recordOutcomes([outcome], [aDraft()], 'a');
      const ended = await stored(1);
      await again();
      expect(await stored(1)).toEqual(ended);
      expect((await store().auditHead()).seq).toBe(1);
    });

    it('are written when they are asked for again, where the first time came to nothing', async () => {
      await owe(plan(1));
      await claim();
      await store().recordOutcomes([delivered(1)], [aDraft()], 'a', true);
      expect(await stored(1)).toMatchObject({ status: 'delivered' });
      expect((await store().auditHead()).seq).toBe(1);
    });
  });

  describe('the next time something is due', () => {
    it('is unknown while nothing is pending', async () => {
      expect(await store().nextDueAt('oncall')).toBeNull();
      await owe(plan(1));
      await claim();
      await record(delivered(1));
      expect(await store().nextDueAt('oncall')).toBeNull();
    });

    it('is the earliest of schedule and lease, of those that wait for nothing else', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 1 }), plan(3, { job: 2 }));
      expect(await store().nextDueAt('oncall')).toBe(T0);
      await claim({ limit: 1 });
      expect(await store().nextDueAt('oncall')).toBe(T0);
      await claim({ now: NOW + 1 });
      expect(await store().nextDueAt('oncall')).toBe(NOW + LEASE_MS);
      await record(retry(3, NOW + 60_000));
      expect(await store().nextDueAt('oncall')).toBe(NOW + LEASE_MS);
      await record(retry(1, NOW + 90_000));
      expect(await store().nextDueAt('oncall')).toBe(NOW + 60_000);
      expect(await store().nextDueAt('dba')).toBeNull();
    });

    it('is found behind any number of those that wait for another one', async () => {
      const behind = Array.from({ length: 2_100 }, (_, index) => plan(index + 3, { job: 1 }));
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), ...behind);
      await claim({ limit: 2 });
      await record(retry(1, NOW + 90_000));
      await record(retry(2, NOW + 60_000));
      expect(await store().nextDueAt('oncall')).toBe(NOW + 60_000);
      await claim({ now: NOW + 60_000 });
      await record(givenUp(2));
      expect(await store().nextDueAt('oncall')).toBe(NOW + 90_000);
    });

    it('is that of what was redriven, also behind what waits longer', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3 }));
      await claim();
      for (const number of [1, 2]) await record(retry(number, NOW + 60_000));
      await record(givenUp(3));
      await store().redrive([idOf(3)], NOW + 30_000);
      expect(await store().nextDueAt('oncall')).toBe(NOW + 30_000);
      await claim({ now: NOW + 30_000 });
      expect(await store().nextDueAt('oncall')).toBe(Math.min(NOW + 60_000, NOW + 30_000 + LEASE_MS));
    });
  });

  digestContract(store);
  recipientsContract(store);
  fallbackContract(store);
  silenceContract(store);
}
