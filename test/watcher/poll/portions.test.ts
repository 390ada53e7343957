import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobOf } from '../../../src/domain/event/subject.ts';
import type { Milestone, RestoreJob } from '../../../src/domain/job/restore-job.ts';
import { targetKey, targetOf } from '../../../src/domain/job/watch.ts';
import { StoreError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import { pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aJob, aRoute, aWatch, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const ENDS: Milestone[][] = [[], ['finished'], ['failed'], ['cancelled'], ['ready'], ['ready', 'expired']];
const SECOND = 1_000;

/** A watch of one instance, and everything it is polled with. */
interface World {
  store: Store;
  source: FakeSource;
  /** @returns `told`: what was recorded and told. Rejects when the store fails. */
  poll(how?: { signal?: AbortSignal }): Promise<{ changes: number; told: string[] }>;
  /** Jobs in each transaction so far. */
  transactions: number[];
  /** Called before each transaction, with its number from 0. */
  beforeCommit: (number: number) => void;
}

let worlds: World[] = [];
beforeEach(() => {
  worlds = [];
});
afterEach(() => Promise.all(worlds.map(({ store }) => store.close())));

async function aWorld({
  portion,
  announceExisting = false,
}: {
  portion: number;
  announceExisting?: boolean;
}) {
  const store = await openNewStore();
  const source = createFakeSource();
  source.pageSize = 7;
  const clock = createManualClock(T0);
  const watch = aWatch({ announceExisting });
  const places = new Places();
  const notes = { pages: new Map(), jobs: new Map() };
  const signals = createSignals(createRecordingLogger());
  const commitPoll: Store['commitPoll'] = async (commit) => {
    world.beforeCommit(world.transactions.length);
    world.transactions.push(commit.observations.length);
    return await store.commitPoll(commit);
  };
  const recorder = aRecorder({ store: { ...store, commitPoll }, clock, signals }, { routes: [aRoute()] });
  const world: World = {
    store,
    source,
    transactions: [],
    beforeCommit: () => {},
    poll: async ({ signal = new AbortController().signal } = {}) => {
      clock.advance(30 * SECOND);
      const polled = withEvents(signals, () =>
        pollTarget(
          { source, store, recorder, clock, portion },
          {
            watch,
            target: targetOf(watch),
            lateAfterMs: 2 * MINUTE,
            signal,
            isUrgent: false,
            depth: 'newest',
            newSince: null,
            notes,
            places,
            timePolicyFor: () => ({
              stalled: { afterMs: 5 * MINUTE, note: null },
              expiringWithinMs: 10 * MINUTE,
            }),
          },
        ),
      );
      const { changes, events } = await polled;
      return { changes, told: events.map(({ event }) => `${event.name} ${jobOf(event)?.id}`) };
    },
  };
  worlds.push(world);
  return world;
}

/** Everything that is on record, in its order. */
async function contentOf({ store }: World) {
  const all = { limit: 10_000 };
  const events = (await store.listEvents(all)).items;
  return {
    target: await store.readTarget(targetKey(targetOf(aWatch())), T0),
    observations: (await store.listObservations(all)).items,
    events,
    deliveries: (await store.listDeliveries(all)).items,
    audit: await store.readAudit(0, 100_000),
  };
}

function running(count: number): RestoreJob[] {
  return Array.from({ length: count }, (_, n) => jobAt(n, []));
}

function jobAt(n: number, end: Milestone[]): RestoreJob {
  const createdAt = T0 - n * SECOND;
  const expiresAt = end.includes('ready') ? T0 + 12 * MINUTE : null;
  return aJob(end, { id: jobId(n, createdAt), createdAt, expiresAt }, 1);
}

/** The same job, as it is read after its end. */
function later({ createdAt }: RestoreJob, end: Milestone[]): RestoreJob {
  return jobAt((T0 - createdAt) / SECOND, end);
}

/** The same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * sides);
  };
}

describe('a poll that finds many changes', () => {
  it.each([1, 2])('leaves the same on record however it is cut, in world %i', async (seed) => {
    const contents = [];
    for (const portion of [1, 3, 2_000]) {
      const world = await aWorld({ portion, announceExisting: seed === 2 });
      const roll = dice(seed);
      const { source } = world;
      source.jobs = running(10);
      for (let cycle = 0; cycle < 6; cycle++) {
        await world.poll();
        source.jobs = [
          ...Array.from({ length: roll(9) }, (_, n) =>
            jobAt(-cycle * 20 - n - 1, ENDS[roll(6)] ?? []),
          ).reverse(),
          ...source.jobs.flatMap((job) => {
            if (roll(12) === 0) return [];
            if (job.state !== 'in_progress' || roll(3) > 0) return [job];
            return [later(job, ENDS[roll(6)] ?? [])];
          }),
        ];
        // A job may come twice while the list grows, and may be another one by then.
        const again = source.jobs[roll(5)];
        if (again) source.jobs.splice(6, 0, later(again, ['failed']));
      }
      contents.push(await contentOf(world));
    }
    const [whole, ...others] = contents.toReversed();
    expect(whole?.events.length).toBeGreaterThan(20);
    for (const other of others) expect(other).toEqual(whole);
  });

  it('writes them in several transactions, each with all that belongs to its jobs, and gives way in between', async () => {
    const world = await aWorld({ portion: 4 });
    world.source.jobs = running(10);
    await world.poll();
    world.source.jobs = world.source.jobs.map((job) => later(job, ['failed']));
    world.transactions.length = 0;
    let turns = 0;
    const turnsAt: number[] = [];
    const count = (): void => {
      turns += 1;
      if (world.transactions.length < 3) setImmediate(count);
    };
    setImmediate(count);
    world.beforeCommit = () => turnsAt.push(turns);
    expect((await world.poll()).changes).toBe(10);
    expect(world.transactions).toEqual([4, 4, 2]);
    const [first = 0, second = 0, third = 0] = turnsAt;
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
  });

  it('writes in one what is no more than a portion', async () => {
    const world = await aWorld({ portion: 4 });
    await world.poll();
    world.source.jobs = running(4);
    world.transactions.length = 0;
    await world.poll();
    expect(world.transactions).toEqual([4]);
  });

  it.each([0, 1, 2])(
    'tells each once when it ends before transaction %i, and the rest at the next poll',
    async (end) => {
      const world = await aWorld({ portion: 4 });
      world.source.jobs = running(10);
      await world.poll();
      world.source.jobs = world.source.jobs.map((job) => later(job, ['failed']));
      world.transactions.length = 0;
      world.beforeCommit = (number) => {
        if (number === end) throw new StoreError('unavailable', 'the disk is full');
      };
      await expect(world.poll()).rejects.toThrow('the disk is full');
      expect((await world.store.listEvents({ limit: 100 })).items).toHaveLength(4 * end);
      world.beforeCommit = () => {};
      expect((await world.poll()).told).toHaveLength(10 - 4 * end);
      expect((await world.poll()).told).toEqual([]);
      const { items } = await world.store.listDeliveries({ limit: 100 });
      expect(new Set(items.map(({ event }) => jobOf(event)?.id)).size).toBe(10);
      expect(items).toHaveLength(10);
    },
  );

  it('writes nothing more once it is given up', async () => {
    const world = await aWorld({ portion: 4 });
    world.source.jobs = running(10);
    await world.poll();
    world.source.jobs = world.source.jobs.map((job) => later(job, ['failed']));
    const giveUp = new AbortController();
    world.transactions.length = 0;
    world.beforeCommit = (number) => number === 1 && giveUp.abort(new Error('given up'));
    await expect(world.poll({ signal: giveUp.signal })).rejects.toThrow('given up');
    expect(world.transactions).toEqual([4, 4]);
    world.beforeCommit = () => {};
    expect((await world.poll()).told).toHaveLength(2);
  });
});

describe('a first poll that finds many jobs', () => {
  it('takes its baseline with the last transaction, and announces nothing when it was cut short before', async () => {
    const world = await aWorld({ portion: 4 });
    world.source.jobs = running(10);
    world.beforeCommit = (number) => {
      if (number === 2) throw new StoreError('unavailable', 'the disk is full');
    };
    await expect(world.poll()).rejects.toThrow('the disk is full');
    expect((await contentOf(world)).target).toBeNull();
    world.beforeCommit = () => {};
    world.source.jobs = [...running(10), jobAt(11, ['failed'])];
    expect((await world.poll()).told).toEqual([]);
    const { target, audit } = await contentOf(world);
    expect(target?.followed).toHaveLength(10);
    expect(audit.at(-1)).toMatchObject({ kind: 'baseline.taken', data: { jobs: 11 } });
  });
});
