import { expect, it } from 'vitest';
import { httpFault } from '../../../src/channels/http-outcome.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { outboxWorld } from './outbox-world.ts';

const MISHAPS = new Set([403, 404]);

/** Refuses everything with this status from now on. */
function refuse({ notifier, clock }: Awaited<ReturnType<typeof outboxWorld>>, status: number): void {
  notifier.answer = () => {
    throw httpFault({ status, retryAfter: null, body: '' }, 'the webhook', clock.now(), MISHAPS);
  };
}

it('tries what a receiver refuses with 404 again for an hour when it has accepted within the last day', async () => {
  const world = await outboxWorld();
  await world.owe(['started', 1]);
  await world.drain();
  await world.restart();
  world.clock.advance(HOUR);
  refuse(world, 404);
  const [id = ''] = await world.owe(['failed', 1]);

  await world.liveUntil(T0 + 2 * HOUR - 1);
  expect(await world.delivery(id)).toMatchObject({ status: 'pending', attemptsStarted: 5 });
  await world.liveUntil(T0 + 2 * HOUR);
  expect(await world.delivery(id)).toMatchObject({ status: 'given_up', attemptsStarted: 6 });
});

it('delivers what a deployment has refused for some minutes', async () => {
  const world = await outboxWorld();
  await world.owe(['started', 1]);
  await world.drain();
  refuse(world, 403);
  const [id = ''] = await world.owe(['failed', 1]);
  await world.liveUntil(T0 + 2 * MINUTE);
  world.notifier.answer = () => undefined;
  await world.liveUntil(T0 + HOUR);
  expect(await world.delivery(id)).toMatchObject({ status: 'delivered' });
});

it('gives up at once what the receiver says has gone for good', async () => {
  const world = await outboxWorld();
  await world.owe(['started', 1]);
  await world.drain();
  refuse(world, 404);
  const [id = ''] = await world.owe(['failed', 1]);
  await world.liveUntil(T0 + 10 * MINUTE);
  refuse(world, 410);
  await world.liveUntil(T0 + 20 * MINUTE);
  expect(await world.delivery(id)).toMatchObject({ status: 'given_up', attemptsStarted: 5 });
});

it('gives up at once what a receiver refuses with 404 that has never accepted', async () => {
  const world = await outboxWorld();
  refuse(world, 404);
  const [id = ''] = await world.owe(['failed', 1]);
  await world.drain();
  expect(await world.delivery(id)).toMatchObject({ status: 'given_up', attemptsStarted: 1 });
});
