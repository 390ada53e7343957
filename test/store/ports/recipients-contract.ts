import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome, RecipientOutcome } from '../../../src/store/ports/outbox.ts';
import type { Store } from '../../../src/store/store.ts';
import { MINUTE, T0 } from '../../support/builders.ts';
import { NOW, outboxSteps } from '../outbox-steps.ts';
import { plan } from '../support.ts';

/** What single recipients of a channel are owed apart from the others. */
export function recipientsContract(store: () => Store): void {
  const { claim, record, owe, idOf, ids, delivered, retry, givenUp } = outboxSteps(store);
  const LATER = NOW + 5 * MINUTE;
  const of = (number: number, recipient: string) => `${idOf(number)}:${recipient}`;
  const laterFor = (recipient: string, nextAttemptAt = LATER): RecipientOutcome => ({
    recipient,
    kind: 'retry',
    nextAttemptAt,
    detail: '451 greylisted',
  });
  const lostFor = (recipient: string): RecipientOutcome => ({
    recipient,
    kind: 'given_up',
    detail: '550 no',
  });
  const but = (outcome: DeliveryOutcome, ...apart: RecipientOutcome[]): DeliveryOutcome =>
    outcome.kind === 'released' ? outcome : { ...outcome, apart };
  const deliveries = async () =>
    Object.fromEntries((await store().listDeliveries({ limit: 99 })).items.map((item) => [item.id, item]));

  describe('a recipient who was refused while others were accepted', () => {
    it('is owed the event by itself, with the attempt counted', async () => {
      await owe(plan(1));
      await claim();
      await record(but(delivered(1), laterFor('b@x'), lostFor('c@x')));

      const all = await deliveries();
      expect(all[idOf(1)]).toMatchObject({ status: 'delivered', recipient: null });
      expect(all[of(1, 'b@x')]).toMatchObject({
        recipient: 'b@x',
        status: 'pending',
        createdAt: T0,
        nextAttemptAt: LATER,
        attemptsStarted: 1,
        attemptsFinished: 1,
        firstAttemptAt: NOW + 5,
        lastDetail: '451 greylisted',
      });
      expect(all[of(1, 'c@x')]).toMatchObject({
        recipient: 'c@x',
        status: 'given_up',
        endedAt: NOW + 5,
        lastDetail: '550 no',
      });
      expect(await store().nextDueAt('oncall')).toBe(LATER);
      expect(await claim({ now: LATER - 1 })).toEqual([]);
      expect(await claim({ now: LATER })).toMatchObject([
        { id: of(1, 'b@x'), attemptsStarted: 2, apart: [], behind: [], wasInterrupted: false },
      ]);
    });

    it('holds up nobody else, and nothing overtakes what it waits for', async () => {
      await owe(plan(1), plan(2), plan(3, { job: 2 }));
      await claim({ limit: 1 });
      await record(but(delivered(1), laterFor('b@x')));

      const [second, other] = await claim({ now: NOW + 10 });
      expect(second).toMatchObject({ id: idOf(2), behind: ['b@x'], apart: [] });
      expect(other).toMatchObject({ id: idOf(3), behind: [], apart: [] });
      await record(but(delivered(2), { recipient: 'b@x', kind: 'owed' }));
      await record(delivered(3));

      expect(await claim({ now: LATER - 1 })).toEqual([]);
      expect(ids(await claim({ now: LATER }))).toEqual([of(1, 'b@x')]);
      await record({ ...delivered(1), id: of(1, 'b@x') });
      expect(await claim({ now: LATER })).toMatchObject([{ id: of(2, 'b@x'), attemptsStarted: 1 }]);
    });

    it('goes with its message in the order of a run', async () => {
      await owe(plan(1), plan(2), plan(3));
      await claim({ limit: 1 });
      await record(but(delivered(1), laterFor('b@x', NOW + 10)));
      await claim({ limit: 1, now: NOW + 10, perKey: 'run' });
      await record({ ...retry(1, LATER), id: of(1, 'b@x') });
      expect(ids(await claim({ now: LATER, perKey: 'run' }))).toEqual([of(1, 'b@x'), idOf(2), idOf(3)]);
    });

    it('is left out of what is left of the message, when the others are tried again', async () => {
      await owe(plan(1));
      await claim();
      await record(but(retry(1, LATER), lostFor('c@x')));
      expect(await claim({ now: LATER })).toMatchObject([{ id: idOf(1), apart: ['c@x'], behind: [] }]);
    });

    it('alone gets what is redriven', async () => {
      await owe(plan(1));
      await claim();
      await record(but(delivered(1), lostFor('c@x')));
      expect(await store().redrive('given_up', LATER)).toEqual([of(1, 'c@x')]);
      expect(ids(await claim({ now: LATER }))).toEqual([of(1, 'c@x')]);
    });

    it('has the fallback called in, once for an event', async () => {
      await owe(plan(1));
      await claim();
      await record(but(delivered(1), lostFor('b@x'), lostFor('c@x')));
      const request = { channel: 'oncall', fallback: 'dba', notAcceptedSince: 0, at: LATER };
      expect(await store().oweFallbacks(request)).toEqual([{ eventId: plan(1).event.id }]);
      expect(await store().oweFallbacks(request)).toEqual([]);
    });

    it('is owed nothing where somebody else has taken the message over', async () => {
      await owe(plan(1));
      await claim({ owner: 'a' });
      await claim({ owner: 'b', now: NOW + MINUTE });
      await record(but(retry(1, LATER), lostFor('c@x')), 'a');
      expect(Object.keys(await deliveries())).toEqual([idOf(1)]);
    });

    it('keeps what became of it when the message is recorded again', async () => {
      await owe(plan(1));
      await claim();
      await record(but(delivered(1), laterFor('b@x')));
      await record({ ...givenUp(1), id: of(1, 'b@x') });
      await record(but(delivered(1), laterFor('b@x')));
      expect((await deliveries())[of(1, 'b@x')]).toMatchObject({ status: 'given_up' });
    });
  });

  describe('the last acceptance of a channel', () => {
    it('is when it ended, of what it was owed', async () => {
      await owe(plan(1), plan(2, { job: 2 }), plan(3, { job: 3, channels: ['dba'] }));
      expect(await store().lastAcceptedAt('oncall')).toBeNull();
      await claim();
      await record(delivered(1, { at: NOW + 70 }));
      await record(delivered(2, { at: NOW + 60 }));
      expect(await store().lastAcceptedAt('oncall')).toBe(NOW + 70);
      expect(await store().lastAcceptedAt('dba')).toBeNull();
    });
  });
}
