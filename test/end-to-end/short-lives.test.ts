import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { command, settle, startWorld } from './support.ts';

it('tells of a watch that fails although each run of it is over at once', async () => {
  const world = await startWorld();
  world.atlas.setFault({ kind: 'status', status: 403, errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
  const home = await settle(world.config({ watches: [world.watch({ failingAfter: '10s' })] }));
  const begunAt = performance.now();
  expect(await command(home, ['once'])).toMatchObject({ code: 1 });
  expect(world.told()).toEqual([]);
  await delay(Math.max(0, begunAt + 11_000 - performance.now()));
  expect(await command(home, ['once'])).toMatchObject({ code: 1 });
  world.atlas.setFault(null);
  expect(await command(home, ['once'])).toMatchObject({ code: 0 });
  expect(await command(home, ['once'])).toMatchObject({ code: 0 });
  expect(world.told().map(({ data }) => data.event)).toEqual(['watch_failing', 'watch_recovered']);
});
