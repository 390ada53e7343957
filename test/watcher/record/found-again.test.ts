import { expect, it, onTestFinished } from 'vitest';
import { alertKey } from '../../../src/domain/event/alert.ts';
import type { Timestamp } from '../../../src/domain/instant.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Recorder } from '../../../src/watcher/record/recorder.ts';
import { aRoute, aWatch, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { openNewStore } from '../../support/test-store.ts';

const KEY = alertKey('watch_failing', 'orders');

/** A watcher on a store of its own, such as one that has lost what was written last. */
async function aWorld(now: Timestamp): Promise<{ store: Store; recorder: Recorder }> {
  const store = await openNewStore();
  onTestFinished(() => store.close());
  return {
    store,
    recorder: aRecorder({ store, clock: createManualClock(now) }, { routes: [aRoute({ events: ['*'] })] }),
  };
}

function fail(recorder: Recorder, begin: Timestamp): Promise<Timestamp> {
  const about = { watch: aWatch() };
  return recorder.recordAlert(
    { name: 'watch_failing', about, summary: 'blind', note: null, begin },
    { raise: KEY },
  );
}

function recover(recorder: Recorder, begin: Timestamp): Promise<Timestamp> {
  const about = { watch: aWatch() };
  return recorder.recordAlert(
    { name: 'watch_recovered', about, summary: 'well', note: null, begin },
    { clear: KEY },
  );
}

async function ids(store: Store): Promise<string[]> {
  return (await store.listEvents({ limit: 9 })).items.map(({ event }) => event.id).reverse();
}

it('an alert that is found again after the store has lost it has the id that receivers know, and so has its end', async () => {
  const before = await aWorld(T0 + 5 * MINUTE);
  const after = await aWorld(T0 + 6 * MINUTE);
  for (const { recorder } of [before, after]) {
    await fail(recorder, T0);
    await recover(recorder, T0 + 5 * MINUTE);
  }
  expect(new Set(await ids(before.store)).size).toBe(2);
  expect(await ids(after.store)).toEqual(await ids(before.store));
});

it('an alert that is told another time has an id of its own, also where it seems to have begun at the same time', async () => {
  const { store, recorder } = await aWorld(T0 + 5 * MINUTE);
  await fail(recorder, T0);
  await recover(recorder, T0 + 5 * MINUTE);
  await fail(recorder, T0);
  expect(new Set(await ids(store)).size).toBe(3);
  expect((await store.listDeliveries({ limit: 9 })).items).toHaveLength(3);
});

it('two alerts of one watch that were raised in the same instant end by two events', async () => {
  const { store, recorder } = await aWorld(T0 + MINUTE);
  await recover(recorder, T0);
  const about = { watch: aWatch() };
  const end = { name: 'watch_recovered' as const, about, summary: 'well', note: null, begin: T0 };
  await recorder.recordAlert(end, { clear: alertKey('drill_overdue', 'orders') });
  expect(new Set(await ids(store)).size).toBe(2);
});
