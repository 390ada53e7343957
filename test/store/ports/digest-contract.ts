import { describe, expect, it } from 'vitest';
import type { PlannedEvent } from '../../../src/domain/event/plan.ts';
import type { ClaimRequest, DeliveryOutcome } from '../../../src/store/ports/outbox.ts';
import type { Store } from '../../../src/store/store.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aCommit, plan } from '../support.ts';

const SLOT = T0 + 8 * HOUR;

/** What waits for the digest of its channel. */
export function digestContract(current: () => Store): void {
  const held = (number: number, over: { job?: number; until?: number } = {}): PlannedEvent => ({
    ...plan(number, { job: over.job ?? 1, channels: ['dba'] }),
    heldUntil: new Map([['dba', over.until ?? SLOT]]),
  });
  const direct = (number: number, job = 1) => plan(number, { job, channels: ['dba'] });
  const owe = (...events: PlannedEvent[]) => current().commitPoll(aCommit({ events }));
  const idOf = (number: number, channel = 'dba') => `${plan(number).event.id}:${channel}`;
  const claim = async (now: number, over: Partial<ClaimRequest> = {}): Promise<string[]> => {
    const request = { channel: 'dba', owner: 'a', now, leaseMs: 15_000, limit: 10, perKey: 'run' as const };
    return (await current().claimDeliveries({ ...request, ...over })).map(({ id }) => id);
  };
  const end = (number: number, outcome: Pick<DeliveryOutcome, 'kind' | 'at'> & { nextAttemptAt?: number }) =>
    current().recordOutcomes([{ id: idOf(number), detail: '', ...outcome } as DeliveryOutcome], []);
  const delivery = async (number: number) => {
    const { items } = await current().listDeliveries({ limit: 99 });
    return items.find(({ id }) => id === idOf(number));
  };

  describe('a delivery that waits for a digest', () => {
    it('is not due before its slot, and then together with the others', async () => {
      await owe(held(1), held(2), held(3, { job: 2 }), held(4, { until: SLOT + HOUR }));
      expect(await claim(SLOT - 1)).toEqual([]);
      expect(await current().nextDueAt('dba')).toBe(SLOT);
      expect(await claim(SLOT)).toEqual([idOf(1), idOf(2), idOf(3)]);
    });

    it('says until when it waits', async () => {
      await owe(held(1), direct(2));
      expect(await delivery(1)).toMatchObject({ createdAt: T0, nextAttemptAt: SLOT, heldUntil: SLOT });
      expect(await delivery(2)).toMatchObject({ createdAt: T0, nextAttemptAt: T0, heldUntil: null });
    });

    it('is due still when its slot has passed, as after a night in which nothing ran', async () => {
      await owe(held(1));
      expect(await claim(SLOT + 30 * HOUR)).toEqual([idOf(1)]);
    });

    it('comes again by the schedule of the outbox', async () => {
      await owe(held(1));
      await claim(SLOT);
      await end(1, { kind: 'retry', at: SLOT, nextAttemptAt: SLOT + MINUTE });
      expect(await claim(SLOT + MINUTE - 1)).toEqual([]);
      expect(await claim(SLOT + MINUTE)).toEqual([idOf(1)]);
    });

    it('is due at once when it is redriven', async () => {
      await owe(held(1));
      await claim(SLOT);
      await end(1, { kind: 'given_up', at: SLOT });
      await current().redrive([idOf(1)], SLOT + MINUTE);
      expect(await claim(SLOT + MINUTE, { held: true })).toEqual([idOf(1)]);
    });

    it('holds up nothing that is to be told at once, of the same job either', async () => {
      await owe(held(1), direct(2));
      expect(await current().nextDueAt('dba')).toBe(T0);
      expect(await claim(T0, { perKey: 'head' })).toEqual([idOf(2)]);
      await end(2, { kind: 'retry', at: T0, nextAttemptAt: SLOT + HOUR });
      expect(await claim(SLOT)).toEqual([idOf(1)]);
    });

    it('hides nothing that stands behind it: since when that is owed, also where a fallback has it, and when it is tried', async () => {
      const owe = (event: PlannedEvent, at: number) => current().commitPoll(aCommit({ events: [event], at }));
      const oldest = async () => (await current().owedSince(['dba'])).get('dba');
      await owe(held(1, { until: T0 + 20 * MINUTE }), T0);
      expect(await oldest()).toBe(T0 + 20 * MINUTE);
      expect(await current().nextDueAt('dba', { owedAt: T0 + 20 * MINUTE - 1 })).toBeNull();
      expect(await current().nextDueAt('dba', { owedAt: T0 + 20 * MINUTE })).toBe(T0 + 20 * MINUTE);
      await owe(direct(2, 2), T0 + MINUTE);
      await owe(direct(3, 3), T0 + 2 * MINUTE);
      expect(await claim(T0 + 2 * MINUTE, { perKey: 'head' })).toEqual([idOf(2), idOf(3)]);
      const later = { kind: 'retry', at: T0 + 2 * MINUTE } as const;
      await end(2, { ...later, nextAttemptAt: T0 + HOUR });
      await end(3, { ...later, nextAttemptAt: T0 + 2 * HOUR });
      expect(await oldest()).toBe(T0 + MINUTE);
      expect(await current().nextDueAt('dba')).toBe(T0 + 20 * MINUTE);
      expect(await current().nextDueAt('dba', { owedAt: T0 + 3 * MINUTE })).toBe(T0 + HOUR);

      const late = { channel: 'dba', fallback: 'oncall', notAcceptedSince: T0 + MINUTE, at: T0 + HOUR };
      await current().oweFallbacks(late);
      expect(await oldest()).toBe(T0 + MINUTE);
      await end(2, { kind: 'given_up', at: T0 + HOUR });
      expect(await oldest()).toBe(T0 + 2 * MINUTE);
    });

    it('keeps the order of its job among its like', async () => {
      await owe(held(1), held(2));
      await claim(SLOT, { limit: 1 });
      expect(await claim(SLOT)).toEqual([]);
      await end(1, { kind: 'delivered', at: SLOT });
      expect(await claim(SLOT)).toEqual([idOf(2)]);
    });

    it('is claimed apart from what does not wait, where that is asked for', async () => {
      await owe(held(1, { job: 1 }), direct(2, 2), held(3, { job: 3 }));
      expect(await claim(SLOT, { held: false })).toEqual([idOf(2)]);
      expect(await claim(SLOT, { held: true })).toEqual([idOf(1), idOf(3)]);
    });

    it('is counted apart until its slot', async () => {
      await owe(held(1), held(2, { until: SLOT + HOUR }), direct(3));
      const counts = async (now: number) =>
        (await current().countDeliveries(now)).map(({ count, held }) => ({ count, held }));
      expect(await counts(T0)).toEqual([{ count: 3, held: 2 }]);
      expect(await counts(SLOT)).toEqual([{ count: 3, held: 1 }]);
    });
  });

  describe('the fallback of a channel with a digest', () => {
    const fallBack = async (at: number): Promise<string[]> => {
      const request = { channel: 'dba', fallback: 'oncall', notAcceptedSince: at - 10 * MINUTE, at };
      return (await current().oweFallbacks(request)).map(({ eventId }) => eventId);
    };
    const eventIdOf = (number: number) => plan(number).event.id;

    it('is called in when the slot is past by its time, and told at once', async () => {
      await owe(held(1));
      expect(await fallBack(SLOT + 10 * MINUTE - 1)).toEqual([]);
      const at = SLOT + 10 * MINUTE;
      expect(await fallBack(at)).toEqual([eventIdOf(1)]);
      expect(await claim(at, { channel: 'oncall' })).toEqual([idOf(1, 'oncall')]);
    });

    it('is called in for a weekly digest too that was given up days after the events', async () => {
      const until = T0 + 6 * 24 * HOUR;
      await owe(held(1, { until }), held(2, { until: until - 49 * HOUR }));
      await end(1, { kind: 'given_up', at: until });
      await end(2, { kind: 'given_up', at: until });
      expect(await fallBack(until)).toEqual([eventIdOf(1)]);
    });
  });
}
