import { describe, expect, it } from 'vitest';
import { MOST_SILENT, SILENT_AFTER_MS } from '../../../src/watcher/deliver/under-way.ts';
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

describe('a receiver that takes no answer to some messages', () => {
  /** A channel whose receiver never answers what tells of a job below this number, and what it was sent. */
  async function aReceiver(silentBelow: number, { maxBatch = 1 } = {}) {
    const clock = createManualClock(T0);
    const notifier = createFakeNotifier({ maxBatch });
    const begun: string[] = [];
    const never = Promise.withResolvers<void>();
    notifier.answer = (notices) => {
      const numbers = notices.map(({ event }) => Number(event.id.replace('event-', '')));
      begun.push(numbers.join('+'));
      return numbers.some((number) => number < silentBelow) ? never.promise : undefined;
    };
    return { clock, begun, ...(await aWorker(notifier, clock)) };
  }

  it.each([1, 10])(
    'gets the others all the same, once one has waited for long (%i in a message)',
    async (maxBatch) => {
      const { clock, begun, owe, untilRecorded } = await aReceiver(2, { maxBatch });
      await owe(1);
      await expect.poll(() => begun).toEqual(['1']);
      clock.advance(SILENT_AFTER_MS - 1);
      await owe(2);
      await owe(3);
      expect(begun).toEqual(['1']);
      clock.advance(1);
      await owe(4);
      await untilRecorded(3);
      expect(begun.flatMap((one) => one.split('+'))).toEqual(['1', '2', '3', '4']);
    },
  );

  it('gets one more from time to time while it answers none, and no more than a few', async () => {
    const { clock, begun, owe } = await aReceiver(100);
    await owe(...Array(MOST_SILENT + 3).keys());
    for (let sent = 1; sent <= MOST_SILENT + 1; sent += 1) {
      await expect.poll(() => begun.length).toBe(sent);
      clock.advance(SILENT_AFTER_MS);
      await owe(20 + sent);
    }
    clock.advance(SILENT_AFTER_MS);
    await owe(50);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(begun).toHaveLength(MOST_SILENT + 1);
  });
});
