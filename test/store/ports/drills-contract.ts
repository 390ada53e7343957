import { describe, expect, it } from 'vitest';
import { newPlace } from '../../../src/domain/drills/drill-place.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';

/** What every store does with how drills stand. */
export function drillsContract(store: () => Store): void {
  describe('how drills stand', () => {
    const mark = { drill: 'monthly', seq: 7, agreedAtSeq: 3, scope: '[]' };
    const place = newPlace({ groupId: 'g', instanceName: 'orders' }, T0);
    const alerts = { at: T0, raise: [], clear: [], events: [], audit: [] };

    it('is written along with what is told of it, changed in place, and begun anew', async () => {
      const both = ['g/orders', 'g/users'].map((key) => ({ key, place }));
      await store().commitAlerts({ ...alerts, drills: { mark, isNew: true, places: both } });
      expect(await store().drillMarks()).toEqual(new Map([['monthly', mark]]));
      const changed = { ...place, overdueSince: T0 };
      const later = { ...mark, seq: 9 };
      const changes = [
        { key: 'g/orders', place: changed },
        { key: 'g/users', place: null },
      ];
      await store().commitAlerts({ ...alerts, drills: { mark: later, isNew: false, places: changes } });
      expect(await store().drillMarks()).toEqual(new Map([['monthly', later]]));
      expect(await store().drillPlaces('monthly')).toEqual(new Map([['g/orders', changed]]));
      await store().commitAlerts({ ...alerts, drills: { mark, isNew: true, places: [] } });
      expect(await store().drillPlaces('monthly')).toEqual(new Map());
    });

    it('is forgotten with the drill', async () => {
      const places = [{ key: 'g/orders', place }];
      for (const drill of ['monthly', 'weekly'])
        await store().commitAlerts({ ...alerts, drills: { mark: { ...mark, drill }, isNew: true, places } });
      await store().forgetDrills(['monthly']);
      expect([...(await store().drillMarks()).keys()]).toEqual(['weekly']);
      expect((await store().drillPlaces('monthly')).size).toBe(0);
      expect((await store().drillPlaces('weekly')).size).toBe(1);
    });
  });
}
