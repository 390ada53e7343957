import { DeliveryError } from '../../../src/errors.ts';
import { aJob, HOUR, jobId, MINUTE, T0 } from '../../../test/support/builders.ts';
import { createDiskWorld, type OnDisk } from './disk-world.ts';

/** By how much the files have grown, in bytes, and what was done meanwhile. */
export interface DiskGrowth {
  /** Each through its whole life: two events, told on one channel. */
  perJob: OnDisk;
  /** What is left of each once it was pruned. */
  perPrunedJob: OnDisk;
  /** Each event on each further channel. */
  perDelivery: OnDisk;
  /** A day of polls every 30 seconds in which nothing changes. */
  perIdleDay: OnDisk;
  /** The first day of a receiver that takes nothing, by how many deliveries wait for it. */
  failingDays: Array<OnDisk & { waiting: number; attempts: number }>;
}

const POLLS_A_DAY = 2_880;
const EVENTS_OF_A_JOB = 2;

/**
 * Measures by how much the store and the mirror grow, in their files, with the real polls and deliveries and a clock that is set on.
 * The store grows by pages of 4 KB, so that a figure of a few KB is one of pages.
 */
export async function measureDiskGrowth({
  jobs = 1_000,
  idlePolls = POLLS_A_DAY,
  waiting = [1, 100],
}: {
  jobs?: number;
  idlePolls?: number;
  waiting?: readonly number[];
} = {}): Promise<DiskGrowth> {
  const [one, two] = [await jobsAndIdleDay(1, jobs, idlePolls), await jobsAndIdleDay(2, jobs, 0)];
  const failingDays: DiskGrowth['failingDays'] = [];
  for (const count of waiting) failingDays.push(await failForADay(count));
  return {
    perJob: one.perJob,
    perPrunedJob: one.perPrunedJob,
    perDelivery: over(grownBy(one.perJob, two.perJob), EVENTS_OF_A_JOB),
    perIdleDay: one.idle,
    failingDays,
  };
}

async function jobsAndIdleDay(
  channels: number,
  jobs: number,
  idlePolls: number,
): Promise<{ perJob: OnDisk; perPrunedJob: OnDisk; idle: OnDisk }> {
  const names = Array.from({ length: channels }, (_, index) => `channel-${index + 1}`);
  const world = await createDiskWorld(T0, names);
  try {
    await world.poll();
    const empty = await world.measure();
    for (let from = 0; from < jobs; from += 10) await liveThrough(world, from, Math.min(10, jobs - from));
    const full = await world.measure();
    for (let poll = 0; poll < idlePolls; poll += 1) {
      world.clock.advance(MINUTE / 2);
      await world.poll();
    }
    const idle = grownBy(full, await world.measure());
    await world.pruneAll();
    const left = grownBy(empty, await world.measure());
    return { perJob: over(grownBy(empty, full), jobs), perPrunedJob: over(left, jobs), idle };
  } finally {
    await world.close();
  }
}

type World = Awaited<ReturnType<typeof createDiskWorld>>;

/** Some jobs that begin together and end a quarter of an hour later. */
async function liveThrough(
  { clock, source, poll, deliver }: World,
  from: number,
  count: number,
): Promise<void> {
  clock.advance(MINUTE);
  const createdAt = clock.now();
  const ids = Array.from({ length: count }, (_, index) => jobId(from + index, createdAt));
  source.jobs = ids.map((id) => aJob([], { id, createdAt }));
  clock.advance(MINUTE / 2);
  await poll();
  await deliver();
  clock.advance(15 * MINUTE);
  source.jobs = ids.map((id) => aJob(['finished'], { id, createdAt }));
  await poll();
  await deliver();
}

async function failForADay(waiting: number): Promise<DiskGrowth['failingDays'][number]> {
  const world = await createDiskWorld(T0);
  try {
    await world.poll();
    const [notifier] = world.notifiers;
    if (notifier === undefined) throw new Error('there is a channel');
    notifier.answer = () => {
      throw new DeliveryError('unavailable', 'HTTP 503 Service Unavailable', {
        retryable: true,
        status: 503,
      });
    };
    const createdAt = world.clock.now() + MINUTE;
    world.source.jobs = Array.from({ length: waiting }, (_, index) =>
      aJob([], { id: jobId(index, createdAt), createdAt }),
    );
    world.clock.advance(2 * MINUTE);
    await world.poll();
    const before = await world.measure();
    await world.live(24 * HOUR);
    return { waiting, attempts: notifier.sends, ...grownBy(before, await world.measure()) };
  } finally {
    await world.close();
  }
}

function grownBy(before: OnDisk, after: OnDisk): OnDisk {
  return { store: after.store - before.store, mirror: after.mirror - before.mirror };
}

function over({ store, mirror }: OnDisk, count: number): OnDisk {
  return { store: store / count, mirror: mirror / count };
}
