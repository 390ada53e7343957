import { expect, it, onTestFinished } from 'vitest';
import { startHttpSink } from '../support/http-sink.ts';
import { awaken, getJson, settle, startWorld, until, untilPolled } from './support.ts';

it('is red and sends no heartbeat while Atlas takes a request and does not answer, and is green again when it does', async () => {
  const beats = await startHttpSink();
  onTestFinished(() => beats.close());
  const world = await startWorld();
  const home = await settle(
    world.config({
      connections: [world.connection({ requestTimeout: '2m' })],
      heartbeat: { url: `${beats.origin}/beat`, every: '1s' },
    }),
  );
  const daemon = await awaken(home);
  const readiness = () => getJson(`${daemon.base}/readyz`);
  await untilPolled(daemon, 1);
  await beats.received(1);

  const asked = world.atlas.requests.length;
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  world.atlas.setFault({ kind: 'held', until: answered }, { times: 1 });
  await until(async () => (await readiness()).status === 503, '/readyz 503');
  expect(await readiness()).toMatchObject({
    body: { reasons: [expect.stringMatching(/^watch orders: not polled since \S+Z, .* ago$/)] },
  });
  await daemon.waitForLine(({ message }) => message.startsWith('No heartbeat is sent'));
  const sent = beats.requests.length;
  expect((await getJson(`${daemon.base}/healthz`)).status).toBe(200);
  expect(beats.requests).toHaveLength(sent);

  answer();
  await until(async () => (await readiness()).status === 200, '/readyz 200');
  await beats.received(sent + 1);
  expect(world.atlas.requests.length).toBeGreaterThan(asked);
});
