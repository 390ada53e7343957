import { expect, it } from 'vitest';
import { cancel, fail, finish } from '../../src/simulator/atlas/scenario.ts';
import {
  ALL_CHANNELS,
  awaken,
  command,
  factsOf,
  GROUP,
  INSTANCE,
  settle,
  startWorld,
  until,
  untilPolled,
  type World,
} from './support.ts';

const JOBS = 40;
/** What is promised, with the end of the process itself. */
const ORDERLY_MS = 10_000;

it('ends in order within 10 s under load, and tells everything once after the next start', async () => {
  const world = await startWorld();
  const home = await settle(world.config());
  const first = await awaken(home);
  await untilPolled(first, 1);
  const ids = Array.from({ length: JOBS }, () => world.startJob());
  let left = JOBS / 2;
  // From some point on the webhook takes nothing and says nothing, so that sends are in hand when the end comes.
  world.webhook.answer(() => (left-- > 0 ? null : 'hang'));
  await world.untilArrived(JOBS / 2, ['webhook']);
  endAll(world, ids);
  await until(() => world.webhook.received.some(({ status }) => status === null), 'a webhook that hangs');

  const askedAt = performance.now();
  expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - askedAt).toBeLessThan(ORDERLY_MS);
  expect(first.lines().at(-1)).toMatchObject({ message: 'Stopped' });
  expect(world.told().length).toBeLessThan(JOBS);
  expect(JSON.parse((await command(home, ['audit', 'verify', '--json'])).stdout)).toMatchObject({
    problems: [],
  });

  world.webhook.answer(null);
  const second = await awaken(home);
  await world.untilArrived(2 * JOBS);
  await untilPolled(second, 2);

  const wanted = ids.flatMap((id, index) => [`${id} started`, `${id} ${endOf(index)[0]}`]);
  expect(factsOf(world.told()).toSorted()).toEqual(wanted.toSorted());
  const eventIds = world.told().map(({ id }) => id);
  for (const channel of ALL_CHANNELS) {
    const arrived = world.arrived(channel).map(({ eventId }) => eventId);
    expect(arrived.toSorted(), channel).toEqual(eventIds.toSorted());
  }
});

const ENDS = [
  ['finished', finish],
  ['failed', fail],
  ['cancelled', cancel],
] as const;

function endOf(index: number): (typeof ENDS)[number] {
  return ENDS[index % ENDS.length] ?? ENDS[0];
}

function endAll(world: World, ids: readonly string[]): void {
  for (const [index, id] of ids.entries()) {
    world.atlas.updateJob(GROUP, INSTANCE, id, endOf(index)[1](Date.now()));
  }
}
