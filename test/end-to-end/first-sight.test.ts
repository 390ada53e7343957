import { expect, it } from 'vitest';
import {
  cancel,
  expire,
  fail,
  finish,
  type JobStep,
  newJobId,
  serverlessJob,
} from '../../src/simulator/atlas/scenario.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import {
  ALL_CHANNELS,
  awaken,
  factsOf,
  GROUP,
  getJson,
  INSTANCE,
  settle,
  startWorld,
  untilPolled,
  type World,
} from './support.ts';

const DAY_MS = 86_400_000;
const ENDS: ReadonlyArray<(at: number) => JobStep> = [
  (at) => finish(at),
  (at) => fail(at),
  (at) => cancel(at),
  (at) => expire(at),
];

it('announces nothing of 300 jobs that ended before it came, nor after a restart, and then a job that began and ended unseen', async () => {
  const world = await startWorld();
  for (let index = 0; index < 300; index += 1) putEndedJob(world, Date.now() - (index + 1) * DAY_MS, index);
  const home = await settle(world.config());

  const first = await awaken(home);
  await untilPolled(first, 3);
  expect(await jobsOnRecord(first.base)).toBe(300);
  await first.kill('SIGTERM');

  const second = await awaken(home);
  await untilPolled(second, 3);
  expect(await getJson(`${second.base}/api/v1/transitions`)).toMatchObject({
    status: 200,
    body: { items: [] },
  });
  for (const channel of ALL_CHANNELS) expect(world.arrived(channel), channel).toEqual([]);

  const id = putEndedJob(world, Date.now(), 0);
  await world.untilArrived(2);
  await untilPolled(second, 2);

  expect(factsOf(world.told())).toEqual([`${id} started`, `${id} finished`]);
  expect(world.told().map(({ data }) => [data.inferred, data.late])).toEqual([
    [true, false],
    [false, false],
  ]);
  // The id of a job holds the second in which it was created.
  expect(world.told()[0]?.data.occurredAt).toBe(
    new Date(Number.parseInt(id.slice(0, 8), 16) * 1_000).toISOString(),
  );
  const ids = world.told().map((told) => told.id);
  for (const channel of ALL_CHANNELS) {
    expect(
      world.arrived(channel).map(({ eventId }) => eventId),
      channel,
    ).toEqual(ids);
  }
  expect(await jobsOnRecord(second.base)).toBe(301);
});

it('follows a job that was running when it came, and announces only what comes after', async () => {
  const world = await startWorld();
  const id = world.startJob();
  const daemon = await awaken(await settle(world.config()));
  await untilPolled(daemon, 2);
  world.atlas.updateJob(GROUP, INSTANCE, id, fail(Date.now()));
  await world.untilArrived(1);
  await untilPolled(daemon, 2);
  expect(factsOf(world.told())).toEqual([`${id} failed`]);
});

/** Gone through its whole life before anybody could look. */
function putEndedJob(world: World, createdAt: number, index: number): string {
  const end = ENDS[index % ENDS.length] ?? finish;
  const id = newJobId(createdAt);
  const job = serverlessJob({ id, createdAt, instance: INSTANCE });
  // Without createdAt, as v2 and older instances have it: the id alone tells.
  world.atlas.putJob(GROUP, INSTANCE, end(createdAt)({ ...job, oddities: { createdAt: undefined } }));
  return id;
}

async function jobsOnRecord(base: string): Promise<number> {
  const text = await (await fetchOnce(`${base}/metrics`)).text();
  const counts = text.matchAll(/^restore_watcher_jobs\{[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
