import { expect, it } from 'vitest';
import { fetchOnce } from '../support/fetch-once.ts';
import { awaken, command, getJson, settle, startWorld, until } from './support.ts';

const EVERY_OTHER_SECOND = '*/2 * * * * *';

it('sends a test alert the whole way to its receiver, marked as one, and counts nothing', async () => {
  const world = await startWorld();
  const home = await settle(world.config({ testAlert: { schedule: EVERY_OTHER_SECOND, event: 'finished' } }));
  const daemon = await awaken(home);
  await world.untilArrived(2);

  const told = world.told();
  expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  expect(told[0]).toMatchObject({
    type: 'restore-watcher.job.finished',
    data: { event: 'finished', test: true, summary: expect.stringMatching(/^\[TEST\] /) },
  });
  const metrics = await (await fetchOnce(`${daemon.base}/metrics`)).text();
  expect(metrics).toMatch(/restore_watcher_transitions_total\{.* 0$/m);
  expect(metrics).not.toMatch(/restore_watcher_transitions_total\{.* [1-9]/);
  expect(await getJson(`${daemon.base}/api/v1/transitions`)).toMatchObject({ body: { items: [] } });
  const { stdout } = await command(home, ['history']);
  expect(stdout).toMatch(/finished +\[TEST\] Restore/);
});

it('tells through the other channel that a test alert did not get through', async () => {
  const world = await startWorld();
  world.slack.answer({ status: 404, body: 'no_service' });
  const config = world.config({
    routes: [
      { events: ['failed'], channels: ['slack'] },
      { events: ['channel_failing', 'channel_recovered'], channels: ['webhook'] },
    ],
    testAlert: { schedule: EVERY_OTHER_SECOND },
  });
  await awaken(await settle(config));
  await world.untilArrived(1, ['webhook']);
  const [failing] = world.told();
  expect(failing?.data).toMatchObject({ event: 'channel_failing', severity: 'critical' });
  expect(failing?.data).not.toHaveProperty('test');
  expect(JSON.stringify(failing)).toContain('no_service');

  world.slack.answer(null);
  await until(() => world.arrived('slack').length > 0, 'a test alert that arrives');
  // One that gets through after others that did not is no recovery yet.
  expect(world.told().map(({ data }) => data.event)).toEqual(['channel_failing']);
});
