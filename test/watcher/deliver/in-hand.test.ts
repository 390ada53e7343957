import { expect, it } from 'vitest';
import { T0 } from '../../support/builders.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aWorker } from './worker-world.ts';

it('sends what hangs no second time beside itself, though its lease looks as if it had run out', async () => {
  const clock = createManualClock(T0);
  const gate = Promise.withResolvers<void>();
  const notifier = createFakeNotifier();
  const begun: string[] = [];
  notifier.answer = ([notice]) => {
    begun.push(notice?.event.id ?? '');
    return notice?.event.id === 'event-2' ? gate.promise : undefined;
  };
  const { owe, untilRecorded } = await aWorker(notifier, clock);
  await owe(1);
  await untilRecorded(1);
  await owe(2, 3);
  await untilRecorded(2);
  // Set forward, or the process stood still: its leases are renewed a moment later.
  clock.set(T0 + 60_000);
  await owe(4);
  await untilRecorded(3);
  gate.resolve();
  await untilRecorded(4);
  expect(begun).toEqual(['event-1', 'event-2', 'event-3', 'event-4']);
});

it('lets everything else run between messages that end without having gone anywhere', async () => {
  const COUNT = 100;
  const notifier = createFakeNotifier();
  let ended = 0;
  notifier.send = async () => {
    ended += 1;
    return { detail: 'not for a pager', wasSent: false };
  };
  const { owe } = await aWorker(notifier);
  await owe(...Array(COUNT).keys());
  let turns = 0;
  while (ended < COUNT) {
    await new Promise(setImmediate);
    turns += 1;
  }
  expect(turns).toBeGreaterThanOrEqual(COUNT / 4);
});
