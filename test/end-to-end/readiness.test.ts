import { expect, it } from 'vitest';
import { awaken, getJson, settle, startWorld, until, untilPolled } from './support.ts';

it('is not ready while Atlas is away, says why, and is ready again afterwards', async () => {
  const world = await startWorld();
  const connection = world.connection({ requestTimeout: '500ms', retries: 0 });
  const daemon = await awaken(await settle(world.config({ connections: [connection] })));
  const readiness = () => getJson(`${daemon.base}/readyz`);
  const untilAnswering = (status: number) =>
    until(async () => (await readiness()).status === status, `/readyz ${status}`, 30_000);
  await untilAnswering(200);
  expect(await readiness()).toEqual({ status: 200, body: { status: 'ready', reasons: [] } });

  world.atlas.setFault({ kind: 'reset' }, { beforeAuth: true });
  await untilAnswering(503);
  expect(await readiness()).toMatchObject({
    body: {
      status: 'not_ready',
      reasons: [expect.stringMatching(/^watch orders: not polled since \S+Z, .* ago: .*ECONNRESET/)],
    },
  });
  expect(await getJson(`${daemon.base}/healthz`)).toEqual({ status: 200, body: { status: 'ok' } });

  world.atlas.setFault(null);
  await untilAnswering(200);
});

it('is not ready before the first good poll, with the hint that Atlas gives a reason for', async () => {
  const world = await startWorld();
  world.atlas.setFault({ kind: 'status', status: 403, errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
  const daemon = await awaken(await settle(world.config()));
  const readiness = () => getJson(`${daemon.base}/readyz`);
  await until(async () => JSON.stringify(await readiness()).includes('ACCESS_LIST'), 'the reason');
  expect(await readiness()).toMatchObject({
    status: 503,
    body: {
      reasons: [expect.stringMatching(/^watch orders: not polled yet, .* after the start: .*access list/i)],
    },
  });

  world.atlas.setFault(null);
  await untilPolled(daemon, 1);
  expect(await readiness()).toMatchObject({ status: 200 });
});
