import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aCommit, aDraft, plan } from '../support.ts';

const DAY = 24 * HOUR;

/** What every store does with what is counted from kept times. */
export function spansContract(store: () => Store): void {
  const commit = (...events: ReturnType<typeof plan>[]) => store().commitPoll(aCommit({ events }));
  const claim = (now: number) =>
    store().claimDeliveries({
      channel: 'oncall',
      owner: 'me',
      now,
      leaseMs: 15_000,
      limit: 9,
      perKey: 'head',
    });
  const idOf = (number: number) => `${plan(number).event.id}:oncall`;
  const deliveries = async () => (await store().listDeliveries({ limit: 99 })).items.reverse();

  describe('what is counted from kept times', () => {
    it('knows when something was written last', async () => {
      expect(await store().lastWrittenAt()).toBeNull();
      await store().recordAudit([aDraft(5), aDraft(3)]);
      expect(await store().lastWrittenAt()).toBe(T0 + 3);
    });

    it.each([
      ['forward', DAY],
      ['back', -DAY],
    ])('goes along with a clock that is set %s', async (_way, byMs) => {
      await commit(plan(1), plan(2, { job: 2 }));
      await claim(T0 + 1_000);
      const tried = { at: T0 + 2_000, detail: 'HTTP 503' };
      await store().recordOutcomes(
        [
          { ...tried, id: idOf(1), kind: 'retry', nextAttemptAt: T0 + HOUR },
          { ...tried, id: idOf(2), kind: 'delivered' },
        ],
        [],
      );
      await store().moveSpans({ byMs, at: T0 + MINUTE + byMs });
      expect(await deliveries()).toMatchObject([
        {
          createdAt: T0 + byMs,
          firstAttemptAt: T0 + 1_000 + byMs,
          lastAttemptAt: T0 + 1_000 + byMs,
          nextAttemptAt: T0 + HOUR + byMs,
        },
        { status: 'delivered', createdAt: T0, lastAttemptAt: T0 + 1_000, endedAt: T0 + 2_000 },
      ]);
      expect(await claim(T0 + HOUR - 1 + byMs)).toEqual([]);
      expect(await claim(T0 + HOUR + byMs)).toHaveLength(1);
    });

    it('leaves alone what was written by the clock as it is now', async () => {
      await commit(plan(1));
      await store().moveSpans({ byMs: DAY, at: T0 + 2_000 });
      expect(await deliveries()).toMatchObject([{ createdAt: T0, nextAttemptAt: T0, firstAttemptAt: null }]);
    });

    it('leaves the slot of a digest where it is: that is a time of the day', async () => {
      await commit({ ...plan(1), heldUntil: new Map([['oncall', T0 + 8 * HOUR]]) });
      await store().moveSpans({ byMs: HOUR, at: T0 + HOUR + MINUTE });
      expect(await deliveries()).toMatchObject([{ heldUntil: T0 + 8 * HOUR, nextAttemptAt: T0 + 8 * HOUR }]);
    });

    it.each([DAY, -DAY])('keeps a silence as long as it was when the clock steps by %i ms', async (byMs) => {
      await commit(plan(1), plan(2, { job: 2 }));
      const refused = { at: T0 + MINUTE, kind: 'retry', nextAttemptAt: T0 + MINUTE, detail: '429' } as const;
      await store().recordOutcomes([{ ...refused, id: idOf(1), quietUntil: T0 + 4 * MINUTE }], []);
      await store().moveSpans({ byMs, at: T0 + 2 * MINUTE + byMs });
      expect(await claim(T0 + 4 * MINUTE - 1 + byMs)).toEqual([]);
      expect(await claim(T0 + 4 * MINUTE + byMs)).toHaveLength(2);
    });

    it('keeps reminders as far away as they were', async () => {
      const reminders = [{ channel: 'oncall', everyMs: HOUR }];
      await commit({ ...plan(1, { name: 'stalled' }), reminders });
      await store().moveSpans({ byMs: DAY, at: T0 + DAY + MINUTE });
      const dueAt = async (at: number): Promise<number> => {
        let found = 0;
        await store().remind({ at, limit: 9 }, ({ due }) => {
          found = due.length;
          return { events: [], audit: [], next: [], ended: [] };
        });
        return found;
      };
      expect(await dueAt(T0 + DAY + HOUR - 1)).toBe(0);
      expect(await dueAt(T0 + DAY + HOUR)).toBe(1);
    });

    it('moves since when a watch fails, and no alert that is raised', async () => {
      const raise = ['failing_since/orders', 'watch_failing/orders'];
      await store().commitAlerts({ at: T0, raise, clear: [], events: [], audit: [] });
      await store().moveSpans({ byMs: DAY, at: T0 + DAY + MINUTE });
      expect(await store().readAlerts()).toEqual(
        new Map([
          ['failing_since/orders', T0 + DAY],
          ['watch_failing/orders', T0],
        ]),
      );
    });
  });
}
