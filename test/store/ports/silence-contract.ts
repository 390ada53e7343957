import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { anEvent, HOUR, MINUTE } from '../../support/builders.ts';
import { NOW, outboxSteps } from '../outbox-steps.ts';
import { plan } from '../support.ts';

/** What every store knows of channels whose receivers ask for silence, or accept again. */
export function silenceContract(store: () => Store): void {
  const { claim, record, owe, idOf, ids, delivered, retry, givenUp, stored } = outboxSteps(store);
  const QUIET_UNTIL = NOW + MINUTE;
  const meetsSilence = async (number: number) => {
    await claim({ limit: 1 });
    await record({ ...retry(number, QUIET_UNTIL), quietUntil: QUIET_UNTIL } as ReturnType<typeof retry>);
  };

  describe('a channel that is silent', () => {
    it.each(['head', 'run'] as const)('has nothing due until the silence is over (%s)', async (perKey) => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3, channels: ['dba'] }));
      await meetsSilence(1);
      expect(await claim({ perKey, now: QUIET_UNTIL - 1 })).toEqual([]);
      expect(await store().nextDueAt('oncall')).toBe(QUIET_UNTIL);
      expect(await claim({ perKey, channel: 'dba', now: NOW + 10 })).toHaveLength(1);
      expect(ids(await claim({ perKey, now: QUIET_UNTIL }))).toEqual([idOf(1), idOf(2)]);
    });

    it('has due what is redriven, and what that must not overtake', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 1 }), plan(3, { job: 2 }));
      await claim({ limit: 1 });
      await record(givenUp(1));
      await meetsSilence(2);
      expect(await store().redrive([idOf(1), idOf(2)], NOW + 20)).toEqual([idOf(1), idOf(2)]);
      expect(await store().nextDueAt('oncall')).toBe(NOW + 20);
      const claimed = await claim({ perKey: 'run', now: NOW + 20 });
      expect(claimed.map(({ id, isUrgent }) => [id, isUrgent])).toEqual([
        [idOf(1), true],
        [idOf(2), true],
      ]);
    });

    it('has due by id what was not tried yet, but not what is in hand or was redriven already', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3 }), plan(4, { job: 3 }));
      await claim({ limit: 2 });
      await record({ ...retry(1, QUIET_UNTIL), quietUntil: QUIET_UNTIL } as ReturnType<typeof retry>);
      expect(await store().redrive([idOf(2), idOf(4)], NOW + 20)).toEqual([idOf(4)]);
      expect(await store().redrive([idOf(4)], NOW + 20)).toEqual([]);
      expect(ids(await claim({ perKey: 'run', now: NOW + 20 }))).toEqual([idOf(3), idOf(4)]);
    });

    it('is shown with what waits for it, and so is what waits for an earlier one', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 1 }), plan(3, { job: 2 }), plan(4, { job: 3 }));
      await meetsSilence(1);
      await record(givenUp(4));
      await store().redrive([idOf(3)], NOW + 20);
      const { items } = await store().listDeliveries({ limit: 9 });
      expect(
        items.map(({ id, quietUntil, behindUntil }) => ({ id, quietUntil, behindUntil })).reverse(),
      ).toEqual([
        { id: idOf(1), quietUntil: QUIET_UNTIL, behindUntil: null },
        { id: idOf(2), quietUntil: QUIET_UNTIL, behindUntil: QUIET_UNTIL },
        { id: idOf(3), quietUntil: null, behindUntil: null },
        { id: idOf(4), quietUntil: null, behindUntil: null },
      ]);
    });

    it('is silent no more when something is accepted that was sent since', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3 }));
      // The second is on its way when the first meets the silence.
      await claim({ limit: 2 });
      await record({ ...retry(1, QUIET_UNTIL), quietUntil: QUIET_UNTIL } as ReturnType<typeof retry>);
      await record(delivered(2));
      expect(await claim({ now: NOW + 10 })).toEqual([]);
      await store().redrive([idOf(1)], NOW + 20);
      await claim({ now: NOW + 20 });
      await record(delivered(1, { at: NOW + 30 }));
      expect(ids(await claim({ now: NOW + 30 }))).toEqual([idOf(3)]);
    });

    it('can be asked for what is urgent alone, silent or not', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }));
      await claim({ limit: 1 });
      await record(givenUp(1));
      await store().redrive('given_up', NOW + 20);
      expect(ids(await claim({ now: NOW + 20, onlyUrgent: true }))).toEqual([idOf(1)]);
    });
  });

  describe('an acceptance', () => {
    const refuseFirst = async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }));
      await claim({ limit: 1 });
      await record(retry(1, NOW + HOUR));
    };

    it('makes due what was refused before it was sent', async () => {
      await refuseFirst();
      await claim({ now: NOW + 10 });
      await record(delivered(2, { at: NOW + 20 }));
      expect(await stored(1)).toMatchObject({ nextAttemptAt: NOW + 20, attemptsStarted: 1 });
      expect(await claim({ now: NOW + 20 })).toMatchObject([{ id: idOf(1), madeDue: 1 }]);
    });

    it('makes due what was refused before the latest of several was sent, when one that has hung ends with it', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3 }));
      await claim({ limit: 2, leaseMs: HOUR });
      await record({ ...retry(1, NOW + HOUR), quietUntil: QUIET_UNTIL } as ReturnType<typeof retry>);
      expect(ids(await claim({ now: QUIET_UNTIL }))).toEqual([idOf(3)]);
      const at = QUIET_UNTIL + 10;
      await store().recordOutcomes([delivered(3, { at }), delivered(2, { at })], []);
      expect(await stored(1)).toMatchObject({ nextAttemptAt: at });
      expect(ids(await claim({ now: at }))).toEqual([idOf(1)]);
    });

    it('makes due nothing of another channel, nothing that was refused after it was sent, and nothing when nothing was sent', async () => {
      await owe(plan(9, { job: 9, channels: ['dba'] }));
      await claim({ channel: 'dba' });
      await record({ ...retry(9, NOW + HOUR), id: idOf(9, 'dba') });
      await refuseFirst();
      await claim({ now: NOW });
      await record(delivered(2));
      expect(await claim({ now: NOW + 30 })).toEqual([]);
      await owe(plan(3, { job: 3 }));
      await claim({ now: NOW + 40 });
      await record(delivered(3, { at: NOW + 40, wasSent: false }));
      expect(await claim({ now: NOW + 50 })).toEqual([]);
    });
  });

  describe('what was given up', () => {
    it('is counted by channel, until it is redriven or was made only to try the way', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3, test: true }));
      await claim();
      for (const number of [1, 2, 3]) await record(givenUp(number));
      expect(await store().givenUpSince(NOW)).toEqual(new Map([['oncall', 2]]));
      expect(await store().givenUpSince(NOW + 5)).toEqual(new Map());
      await store().redrive([idOf(1)], NOW + 10);
      expect(await store().givenUpSince(NOW)).toEqual(new Map([['oncall', 1]]));
    });

    it('counts no more, nor does what fails, once what was told of the channel is closed', async () => {
      await owe(plan(1, { job: 1 }), plan(2, { job: 2 }), plan(3, { job: 3 }));
      await claim();
      await record(givenUp(1));
      await record(retry(2, NOW + HOUR));
      const closed = (channel: string) => ({
        event: anEvent('channel_recovered', { id: `closed-${channel}`, channel, detectedAt: NOW + 10 }),
        channels: [],
        suppressed: null,
      });
      const commit = (channel: string) =>
        store().commitAlerts({ at: NOW + 10, raise: [], clear: [], events: [closed(channel)], audit: [] });
      await commit('dba');
      expect(await store().givenUpSince(NOW)).toEqual(new Map([['oncall', 1]]));
      expect([...(await store().failingChannels()).keys()]).toEqual(['oncall']);
      await commit('oncall');
      expect(await store().givenUpSince(NOW)).toEqual(new Map());
      expect(await store().failingChannels()).toEqual(new Map());
      await record({ ...givenUp(3), at: NOW + 20 } as ReturnType<typeof givenUp>);
      expect(await store().givenUpSince(NOW)).toEqual(new Map([['oncall', 1]]));
    });
  });
}
