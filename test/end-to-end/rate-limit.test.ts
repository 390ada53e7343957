import { expect, it } from 'vitest';
import { awaken, GROUP, INSTANCE, settle, startWorld, until, untilPolled } from './support.ts';

const OTHER_GROUP = '64b0c1d2e3f4a5b6c7d8e9ff';
const SILENCE_MS = 3_000;
/** What was on its way when Atlas spoke. */
const ON_ITS_WAY_MS = 250;

it('leaves a project alone for as long as Atlas asks, with all its watches, and goes on with the others', async () => {
  const world = await startWorld();
  for (const name of ['invoices', 'carts']) world.atlas.addInstance(GROUP, name);
  world.atlas.addInstance(OTHER_GROUP, INSTANCE);
  const daemon = await awaken(
    await settle(
      world.config({
        watches: [
          world.watch(),
          world.watch({ name: 'invoices', instanceName: 'invoices' }),
          world.watch({ name: 'carts', instanceName: 'carts' }),
          world.watch({ name: 'elsewhere', groupId: OTHER_GROUP }),
        ],
      }),
    ),
  );
  await untilPolled(daemon, 2);

  world.atlas.setFault(
    { kind: 'status', status: 429, retryAfter: SILENCE_MS / 1_000 },
    { onlyPath: GROUP, times: 1 },
  );
  const { requests } = world.atlas;
  await until(() => requests.some(({ status }) => status === 429), 'the refusal');
  const refusedAt = requests.find(({ status }) => status === 429)?.at ?? 0;
  const since = (groupId: string): number[] =>
    requests
      .filter(({ path, at }) => path.includes(groupId) && at > refusedAt)
      .map(({ at }) => at - refusedAt);
  const afterwards = (groupId: string): number[] => since(groupId).filter((ms) => ms >= ON_ITS_WAY_MS);
  await until(() => afterwards(GROUP).length >= 4, 'requests after the silence');

  expect(Math.min(...afterwards(GROUP))).toBeGreaterThanOrEqual(SILENCE_MS);
  expect(since(OTHER_GROUP).filter((ms) => ms < SILENCE_MS).length).toBeGreaterThanOrEqual(2);
  await untilPolled(daemon, 1);
});
