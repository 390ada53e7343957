import { beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { alertKey } from '../../../src/domain/event/alert.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Recorder } from '../../../src/watcher/record/recorder.ts';
import { openForTest } from '../../store/support.ts';
import { aWatch, T0 } from '../../support/builders.ts';
import { aRecorder } from '../../support/recorder.ts';

const ORDERS = alertKey('watch_failing', 'orders');
const CARTS = 'failing_since/carts*a1/main';

let store: Store;
let recorder: Recorder;

beforeEach(async () => {
  store = await openForTest({ path: ':memory:' });
  await store.commitAlerts({ at: T0, raise: [ORDERS, CARTS], clear: [], events: [], audit: [] });
  recorder = aRecorder({ store, clock: systemClock });
});

it('reads what is raised once for all watches, and gives each its own', async () => {
  const reads = vi.spyOn(store, 'readAlerts');
  const names = ['orders', 'carts', ...Array.from({ length: 500 }, (_, index) => `other-${index}`)];
  const [orders, carts, other] = await Promise.all(names.map((name) => recorder.alerts.about(name)));
  expect(orders).toEqual(new Map([[ORDERS, T0]]));
  expect(carts).toEqual(new Map([[CARTS, T0]]));
  expect(other).toEqual(new Map());
  expect(reads).toHaveBeenCalledTimes(1);
});

it('knows what has been raised and cleared since, and that what was raised keeps its time', async () => {
  await recorder.alerts.about('orders');
  await recorder.recordAlertState({ raise: ORDERS }, T0 + 1);
  expect(await recorder.alerts.about('orders')).toEqual(new Map([[ORDERS, T0]]));
  const about = { watch: aWatch({ name: 'orders' }) };
  await recorder.recordAlert({ name: 'watch_recovered', about, summary: '', note: null }, { clear: ORDERS });
  expect(await recorder.alerts.about('orders')).toEqual(new Map());
  await recorder.recordAlertState({ clear: CARTS }, T0 + 2);
  await recorder.recordAlertState({ raise: CARTS }, T0 + 3);
  expect(await recorder.alerts.about('carts')).toEqual(new Map([[CARTS, T0 + 3]]));
});

it('knows nothing of what could not be written', async () => {
  await recorder.alerts.about('orders');
  vi.spyOn(store, 'commitAlerts').mockRejectedValueOnce(new Error('full'));
  await expect(recorder.recordAlertState({ clear: ORDERS }, T0 + 1)).rejects.toThrow('full');
  expect(await recorder.alerts.about('orders')).toEqual(new Map([[ORDERS, T0]]));
});

it('misses nothing that is written while it reads', async () => {
  const { readAlerts } = store;
  vi.spyOn(store, 'readAlerts').mockImplementationOnce(async () => {
    const before = await readAlerts();
    await recorder.recordAlertState({ clear: ORDERS }, T0 + 1);
    return before;
  });
  expect(await recorder.alerts.about('orders')).toEqual(new Map());
});

it('reads anew when the store has moved the times, and after a read that failed', async () => {
  vi.spyOn(store, 'readAlerts').mockRejectedValueOnce(new Error('locked'));
  await expect(recorder.alerts.about('carts')).rejects.toThrow('locked');
  expect(await recorder.alerts.about('carts')).toEqual(new Map([[CARTS, T0]]));
  await store.moveSpans({ byMs: 60_000, at: T0 + 120_000 });
  recorder.alerts.forget();
  expect(await recorder.alerts.about('carts')).toEqual(new Map([[CARTS, T0 + 60_000]]));
});

it('gives a copy: what a watch does with it concerns no other', async () => {
  (await recorder.alerts.about('orders')).clear();
  expect((await recorder.alerts.about('orders')).size).toBe(1);
});
