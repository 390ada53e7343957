import { describe, expect, it } from 'vitest';
import type { MuteFilter } from '../../../src/store/ports/mutes.ts';
import type { Store } from '../../../src/store/store.ts';
import { aMuteRequest, HOUR, T0 } from '../../support/builders.ts';
import { aCommit, plan } from '../support.ts';

const REQUEST = aMuteRequest({ until: T0 + HOUR });

/** What every store does with mutes. */
export function mutesContract(store: () => Store): void {
  describe('mutes', () => {
    it('come back as they were added, the newest first, each under an id of its own', async () => {
      const first = await store().addMute(REQUEST);
      const second = await store().addMute({ ...REQUEST, watch: 'u*', events: ['failed', 'stalled'] });
      expect(first).toEqual({ ...REQUEST, id: 1, removed: null });
      expect(second).toMatchObject({ id: 2, watch: 'u*', events: ['failed', 'stalled'] });
      expect(await store().listMutes({})).toEqual([second, first]);
    });

    it('of less than a watch, and those that come round, come back as they were added', async () => {
      const scope = {
        watch: '*',
        project: 'p',
        instance: 'i*',
        target: 't',
        job: 'j',
        labels: { team: 'x' },
      };
      const recurs = { schedule: '0 0 2 * * 6', timeZone: 'Europe/Vienna', forMs: HOUR };
      const request = aMuteRequest({ ...scope, until: null, recurs });
      const added = await store().addMute(request);
      expect(added).toEqual({ ...request, id: 1, removed: null });
      expect(await store().listMutes({})).toEqual([added]);
      const [entry] = await store().readAudit(0, 9);
      expect(entry).toMatchObject({
        kind: 'mute.added',
        data: { ...scope, until: null, every: recurs.schedule, timeZone: recurs.timeZone, forMs: HOUR },
      });
    });

    it('that come round are in force in their time, and open until they are removed', async () => {
      const slot = Date.parse('2026-11-07T02:00:00Z');
      const recurs = { schedule: '0 0 2 * * 6', timeZone: 'UTC', forMs: HOUR };
      const { id } = await store().addMute(aMuteRequest({ until: null, recurs }));
      const count = async (filter: MuteFilter) => (await store().listMutes(filter)).length;
      expect([await count({ inForceAt: slot }), await count({ inForceAt: slot + HOUR })]).toEqual([1, 0]);
      expect(await count({ openAt: slot + HOUR })).toBe(1);
      expect(await store().removeMute(id, slot, 'bob')).toMatchObject({
        until: null,
        removed: { by: 'bob' },
      });
      expect([await count({ openAt: slot }), await count({})]).toEqual([0, 1]);
    });

    it('are in force until their end', async () => {
      await store().addMute(REQUEST);
      expect(await store().listMutes({ inForceAt: T0 + HOUR - 1 })).toHaveLength(1);
      expect(await store().listMutes({ inForceAt: T0 + HOUR })).toEqual([]);
    });

    it('can be ended once before that, and stay on record', async () => {
      const { id } = await store().addMute(REQUEST);
      const removed = await store().removeMute(id, T0 + 5, 'bob');
      expect(removed).toEqual({ ...REQUEST, id, removed: { at: T0 + 5, by: 'bob' } });
      expect(await store().removeMute(id, T0 + 6, 'eve')).toBeNull();
      expect(await store().removeMute(99, T0 + 6, 'eve')).toBeNull();
      expect(await store().listMutes({ inForceAt: T0 + 6 })).toEqual([]);
      expect(await store().listMutes({})).toEqual([removed]);
    });

    it('that are over cannot be ended any more', async () => {
      const { id } = await store().addMute(REQUEST);
      expect(await store().removeMute(id, T0 + HOUR, 'bob')).toBeNull();
    });

    it('are written down with who and why, as long as something changes', async () => {
      const { id } = await store().addMute({ ...REQUEST, events: ['failed'] });
      await store().removeMute(id, T0 + 5, 'bob');
      await store().removeMute(id, T0 + 6, 'bob');
      expect(await store().readAudit(0, 9)).toMatchObject([
        {
          kind: 'mute.added',
          data: {
            muteId: id,
            watch: 'orders',
            events: ['failed'],
            until: new Date(T0 + HOUR).toISOString(),
            author: 'ann',
            reason: 'migration',
          },
        },
        { kind: 'mute.removed', data: { muteId: id, watch: 'orders', by: 'bob' } },
      ]);
    });

    it('are found with the events that they kept from people, also when they are over', async () => {
      const { id } = await store().addMute(REQUEST);
      const muted = { ...plan(1, { channels: [] }), suppressed: 'muted' as const, muteId: id };
      await store().commitPoll(aCommit({ events: [muted, plan(2)] }));
      await store().removeMute(id, T0 + 5, 'bob');
      const { items } = await store().listEvents({ limit: 9 });
      expect(items).toMatchObject([
        { suppressed: null, mute: null },
        { suppressed: 'muted', mute: { id, author: 'ann', removed: { by: 'bob' } }, deliveries: [] },
      ]);
    });
  });
}
