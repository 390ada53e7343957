import { describe, expect, it } from 'vitest';
import { alertKey } from '../../../src/domain/event/alert.ts';
import type { AlertCommit } from '../../../src/store/ports/alerts.ts';
import type { Store } from '../../../src/store/store.ts';
import { anEvent, T0 } from '../../support/builders.ts';
import { aCommit, aDraft, anImpossibleDraft, plan } from '../support.ts';
import { reminderContract } from './reminder-contract.ts';

/** How every store keeps what lasts, and who is told of it again. */
export function alertsContract(store: () => Store): void {
  describe('alerts', () => {
    const change = (over: Partial<AlertCommit>) =>
      store().commitAlerts({ at: T0, raise: [], clear: [], events: [], audit: [], ...over });

    it('are raised once, since the first time, until they are cleared', async () => {
      await change({ raise: ['watch/a', 'watch/b'] });
      await change({ at: T0 + 1, raise: ['watch/a', 'watch/c'], clear: ['watch/b', 'watch/unknown'] });
      expect(await store().readAlerts()).toEqual(
        new Map([
          ['watch/a', T0],
          ['watch/c', T0 + 1],
        ]),
      );
    });

    it('are found again by the event that told of them first', async () => {
      const place = { groupId: 'g', projectName: null, instanceName: 'users' };
      const events = [
        anEvent('watch_failing', { id: 'all', detectedAt: T0 }),
        anEvent('watch_failing', { id: 'users', detectedAt: T0, place }),
        anEvent('watch_failing', { id: 'sample', detectedAt: T0, place, test: true }),
        anEvent('watch_failing', { id: 'later', detectedAt: T0 + 1, place }),
        anEvent('channel_failing', { id: 'chat', detectedAt: T0 }),
      ].map((event) => ({ event, channels: [], suppressed: null }));
      await change({ events: events.toReversed() });
      const idOf = async (key: string) => (await store().alertEvent(key, T0))?.id;
      expect(await idOf(alertKey('watch_failing', 'orders'))).toBe('all');
      expect(await idOf(alertKey('watch_failing', 'orders', place))).toBe('users');
      expect(await idOf(alertKey('channel_failing', 'chat'))).toBe('chat');
      expect(await idOf(alertKey('watch_failing', 'billing'))).toBeUndefined();
    });

    it('are told by events that are known by their ids', async () => {
      expect(await store().hasEvent(plan(1).event.id)).toBe(false);
      await change({ events: [plan(1)] });
      expect(await store().hasEvent(plan(1).event.id)).toBe(true);
      expect(await store().hasEvent(plan(2).event.id)).toBe(false);
    });

    it('are committed whole, with their events, what is owed and the audit entries, or not at all', async () => {
      await change({ raise: ['watch/a'], events: [plan(1)], audit: [aDraft()] });
      await expect(
        change({ raise: ['watch/b'], clear: ['watch/a'], events: [plan(2)], audit: [anImpossibleDraft()] }),
      ).rejects.toThrow();
      expect([...(await store().readAlerts()).keys()]).toEqual(['watch/a']);
      expect((await store().listDeliveries({ limit: 9 })).items).toMatchObject([
        { eventId: plan(1).event.id },
      ]);
      expect((await store().auditHead()).seq).toBe(1);
    });
  });

  describe('the first baseline of a watch', () => {
    it('knows since when a watch has a baseline, by the first of its targets', async () => {
      expect(await store().watchedSince('orders')).toBeNull();
      await store().commitPoll(aCommit({ targetKey: 'one', takesBaseline: true, at: T0 + 2 }));
      await store().commitPoll(aCommit({ targetKey: 'two', takesBaseline: true, at: T0 + 1 }));
      expect(await store().watchedSince('orders')).toBe(T0 + 1);
      expect(await store().watchedSince('other')).toBeNull();
    });
  });

  reminderContract(store);
}
