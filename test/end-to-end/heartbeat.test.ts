import { expect, it, onTestFinished } from 'vitest';
import { startHttpSink } from '../support/http-sink.ts';
import { awaken, getJson, settle, startWorld, until } from './support.ts';

it('goes out while all is well, and another one while Atlas is away', async () => {
  const sink = await startHttpSink();
  onTestFinished(() => sink.close());
  const world = await startWorld();
  const home = await settle(
    world.config({
      connections: [world.connection({ requestTimeout: '500ms', retries: 0 })],
      heartbeat: {
        url: `${sink.origin}/${'beat'.repeat(5)}`,
        failUrl: `${sink.origin}/${'fail'.repeat(5)}`,
        every: '1s',
      },
    }),
  );
  const daemon = await awaken(home);
  const last = () => sink.requests.at(-1)?.path;
  await until(() => last() === `/${'beat'.repeat(5)}`, 'a heartbeat');
  // The start is no fault.
  expect(sink.requests.map(({ path }) => path)).not.toContain(`/${'fail'.repeat(5)}`);

  world.atlas.setFault({ kind: 'reset' }, { beforeAuth: true });
  await until(() => last() === `/${'fail'.repeat(5)}`, 'the call for help', 30_000);
  world.atlas.setFault(null);
  await until(() => last() === `/${'beat'.repeat(5)}`, 'a heartbeat again', 30_000);

  sink.answer = { status: 200, body: 'OK (not found)' };
  const readiness = () => getJson(`${daemon.base}/readyz`);
  await until(async () => JSON.stringify(await readiness()).includes('OK (not found)'), 'the warning');
  expect(await readiness()).toMatchObject({
    status: 200,
    body: {
      status: 'ready',
      warnings: [expect.stringMatching(/^the heartbeat is answered, and most likely not/)],
    },
  });
  // It goes on: a warning about the heartbeat is no reason to send none.
  const before = sink.requests.length;
  await sink.received(before + 1);
  expect(last()).toBe(`/${'beat'.repeat(5)}`);

  const calls = sink.requests.length;
  expect(await daemon.kill('SIGTERM')).toMatchObject({ code: 0 });
  expect(sink.requests.slice(calls).map(({ path }) => path)).not.toContain(`/${'fail'.repeat(5)}`);
  expect(daemon.output()).not.toMatch(/beatbeat|failfail/);
});
