import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { awaken, factsOf, settle, startWorld, untilPolled } from './support.ts';

/** What is promised, with the end of the process itself. */
const ORDERLY_MS = 10_000;

it('ends in order within 10 s though Atlas, every receiver and a reader of its status hang', async () => {
  const world = await startWorld();
  const daemon = await awaken(await settle(world.config()));
  await untilPolled(daemon, 1);
  world.webhook.answer('hang');
  world.slack.answer('hang');
  world.smtp.answer('MESSAGE', 'hang');
  world.startJob();
  await Promise.all([world.webhook.waitFor(() => true), world.slack.waitFor(() => true)]);
  world.atlas.setFault({ kind: 'hang' });
  const hanging = world.atlas.requests.length;
  await world.atlas.waitForRequest((_request, all) => all.length > hanging);
  const reader = connect(Number(new URL(daemon.base).port), '127.0.0.1').on('error', () => {});
  onTestFinished(() => void reader.destroy());
  reader.write('GET /metrics HTTP/1.1\r\nHost: ');

  const askedAt = performance.now();
  expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - askedAt).toBeLessThan(ORDERLY_MS);
  expect(daemon.lines().at(-1)).toMatchObject({ message: 'Stopped' });
});

it('leaves at once on a second signal, and the next start delivers what was in hand', async () => {
  const world = await startWorld();
  const home = await settle(world.config());
  const daemon = await awaken(home);
  await untilPolled(daemon, 1);
  world.webhook.answer('hang');
  const id = world.startJob();
  await world.webhook.waitFor(() => true);

  daemon.child.kill('SIGTERM');
  await daemon.waitForLine(({ message }) => message.startsWith('SIGTERM'));
  const { code } = await daemon.kill('SIGTERM');
  expect(code).toBe(143);
  expect(daemon.lines().map(({ message }) => message)).not.toContain('Stopped');

  world.webhook.answer(null);
  const next = await awaken(home);
  await world.untilArrived(1);
  await untilPolled(next, 2);
  expect(factsOf(world.told())).toEqual([`${id} started`]);
});

it('ends within 10 s though something that nobody remembers stands in its event loop', async () => {
  const world = await startWorld();
  const daemon = await awaken(await settle(world.config()), {
    NODE_OPTIONS: '--import=data:text/javascript,setInterval(()=>{},1e6)',
  });
  await untilPolled(daemon, 1);
  const askedAt = performance.now();
  expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - askedAt).toBeLessThan(ORDERLY_MS);
  expect(daemon.lines().at(-1)).toMatchObject({ message: 'Stopped' });
  expect(daemon.output()).toMatch(/has ended; left behind: .*Timeout/);
});
