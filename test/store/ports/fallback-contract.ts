import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome, FallbackRequest } from '../../../src/store/ports/outbox.ts';
import type { Store } from '../../../src/store/store.ts';
import { HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { aCommit, plan } from '../support.ts';

/** What a fallback is owed when a channel does not deliver. */
export function fallbackContract(current: () => Store): void {
  const owe = (at: number, ...events: ReturnType<typeof plan>[]) =>
    current().commitPoll(aCommit({ at, events }));
  const fallBack = async (over: Partial<FallbackRequest> = {}): Promise<string[]> => {
    const at = over.at ?? T0 + 10 * MINUTE;
    const request = { channel: 'oncall', fallback: 'dba', notAcceptedSince: at - 10 * MINUTE, at, ...over };
    return (await current().oweFallbacks(request)).map(({ eventId }) => eventId);
  };
  const end = (number: number, kind: 'delivered' | 'given_up', channel = 'oncall') => {
    const outcome: DeliveryOutcome = { id: idOf(number, channel), kind, at: T0 + 5, detail: '404' };
    return current().recordOutcomes([outcome], []);
  };
  const eventIdOf = (number: number) => plan(number).event.id;
  const idOf = (number: number, channel: string) => `${eventIdOf(number)}:${channel}`;
  const owedTo = async (channel: string) => {
    const { items } = await current().listDeliveries({ channel, limit: 99 });
    return items.reverse();
  };

  describe('a fallback', () => {
    it('is owed what the channel has not accepted in time, in order and in place of it', async () => {
      await owe(T0, plan(2, { job: 2 }), plan(1));
      await owe(T0 + 1, plan(3));
      const at = T0 + 10 * MINUTE;
      expect(await fallBack({ at: at - 1 })).toEqual([]);
      expect(await fallBack()).toEqual([eventIdOf(2), eventIdOf(1)]);
      expect(await owedTo('dba')).toMatchObject([
        { id: idOf(2, 'dba'), orderKey: jobId(2), insteadOf: 'oncall' },
        { id: idOf(1, 'dba'), orderKey: jobId(1), status: 'pending', createdAt: at, nextAttemptAt: at },
      ]);
    });

    it('is owed at once what the channel has given up', async () => {
      await owe(T0, plan(1), plan(2, { job: 2 }), plan(3, { job: 3 }));
      await end(1, 'given_up');
      await end(2, 'delivered');
      expect(await fallBack({ at: T0 + 6 })).toEqual([eventIdOf(1)]);
    });

    it('is owed an event once, however often it is asked, and not when a route leads there as well', async () => {
      await owe(T0, plan(1), plan(2, { channels: ['oncall', 'dba'] }));
      expect(await fallBack()).toEqual([eventIdOf(1)]);
      expect(await fallBack()).toEqual([]);
      await end(1, 'given_up');
      await end(1, 'delivered', 'dba');
      expect(await fallBack({ at: T0 + 20 * MINUTE })).toEqual([]);
      expect(await owedTo('dba')).toMatchObject([{ insteadOf: null }, { insteadOf: 'oncall' }]);
    });

    it('leaves what the channel owes as it is, and nothing else is touched', async () => {
      await owe(T0, plan(1), plan(2, { channels: ['siem'] }));
      const before = await owedTo('oncall');
      await fallBack();
      expect(await owedTo('oncall')).toEqual(before);
      expect(await owedTo('dba')).toHaveLength(1);
    });

    it('has a fallback of its own', async () => {
      await owe(T0, plan(1));
      await fallBack();
      const second = { channel: 'dba', fallback: 'siem' };
      expect(await fallBack({ ...second, at: T0 + 20 * MINUTE - 1 })).toEqual([]);
      expect(await fallBack({ ...second, at: T0 + 20 * MINUTE })).toEqual([eventIdOf(1)]);
      expect(await owedTo('siem')).toMatchObject([{ insteadOf: 'dba' }]);
    });

    it('is not owed what is two days old', async () => {
      await owe(T0, plan(1));
      await owe(T0 + 1, plan(2));
      expect(await fallBack({ at: T0 + 48 * HOUR })).toEqual([eventIdOf(2)]);
    });

    it('is decided on record, entry by entry', async () => {
      await owe(T0, ...Array.from({ length: 60 }, (_, index) => plan(index, { job: index })));
      expect(await fallBack()).toHaveLength(60);
      const entries = await current().readAudit(0, 99);
      expect(entries).toHaveLength(60);
      expect(entries[7]).toMatchObject({
        kind: 'decision',
        data: {
          eventId: eventIdOf(7),
          event: 'failed',
          jobId: jobId(7),
          decision: 'deliver',
          channel: 'dba',
          reason: 'fallback',
          insteadOf: 'oncall',
        },
      });
    });
  });
}
