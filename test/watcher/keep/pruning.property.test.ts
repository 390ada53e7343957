import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { overSince } from '../../../src/domain/job/observation.ts';
import type { Milestone, ReachedMilestone, RestoreJob } from '../../../src/domain/job/restore-job.ts';
import { stateAfter } from '../../../src/domain/job/restore-job.ts';
import { targetKey, targetOf, type Watch } from '../../../src/domain/job/watch.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { PruneWalk } from '../../../src/watcher/keep/walk.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import { pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aJob, aRoute, aWatch, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const DAY = 24 * HOUR;
const KEEP = 10 * DAY;
const ALL = { limit: 1_000 };
/** Each takes two stores, which are quickly made in memory. */
const RUNS = process.env.TEST_STORE === 'postgres' ? 3 : 30;
/** A counterexample is made smaller in so many tries at most: it is to be seen before the time of the test is up. */
const SHRINKS = 60;

/** What really happens to a job, in hours after T0. */
interface Life {
  bornAt: number;
  outcomes: Array<{ milestone: Milestone; after: number }>;
  /** Atlas does not show it from the first hour to the second. */
  hidden: readonly [from: number, until: number] | null;
}

type Step = { hours: number } & (
  | { do: 'poll' }
  | { do: 'settle'; as: 'delivered' | 'given_up' }
  | { do: 'redrive' }
  /** `steps`: it is cut off after so many. */
  | { do: 'prune'; rows: number; steps: number }
  /** Another watch has the instance from then on, and would tell all that it finds there. */
  | { do: 'hand over' }
);

const hours = (max: number): fc.Arbitrary<number> => fc.noBias(fc.integer({ min: 1, max }));
const lives: fc.Arbitrary<Life> = fc.record({
  bornAt: hours(40 * 24).map((hour) => hour - 10 * 24),
  outcomes: fc.oneof<Array<fc.Arbitrary<Life['outcomes']>>>(
    fc.constant([]),
    fc
      .record({ milestone: fc.constantFrom<Milestone>('finished', 'failed', 'cancelled'), after: hours(100) })
      .map((one) => [one]),
    hours(100).map((after) => [
      { milestone: 'ready' as const, after },
      { milestone: 'expired' as const, after: after + 48 },
    ]),
    hours(100).map((after) => [
      { milestone: 'finished' as const, after },
      { milestone: 'expired' as const, after: after + 24 * 12 },
    ]),
  ),
  hidden: fc.option(
    fc.tuple(hours(60 * 24), hours(30 * 24)).map(([from, span]) => [from, from + span] as const),
    { freq: 3 },
  ),
});
const steps: fc.Arbitrary<Step> = fc
  .tuple(
    hours(8 * 24),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant({ do: 'poll' as const }) },
      {
        weight: 3,
        arbitrary: fc
          .constantFrom('delivered' as const, 'given_up' as const)
          .map((as) => ({ do: 'settle' as const, as })),
      },
      { weight: 1, arbitrary: fc.constant({ do: 'redrive' as const }) },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('prune' as const),
          rows: fc.integer({ min: 1, max: 9 }),
          steps: fc.constantFrom(1, 3, 1_000),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ do: 'hand over' as const }) },
    ),
  )
  .map(([after, step]) => ({ hours: after, ...step }));

/** A watcher with a store of its own. */
class World {
  readonly #clock: ManualClock;
  readonly #signals = createSignals(createRecordingLogger());
  readonly #source = createFakeSource();
  #notes = { pages: new Map(), jobs: new Map() };
  #places = new Places();
  readonly store: Store;
  watch: Watch = aWatch();

  constructor(store: Store, clock: ManualClock) {
    this.store = store;
    this.#clock = clock;
  }

  /** Gives what is told by it. */
  async poll(jobs: RestoreJob[]): Promise<string[]> {
    const { store, watch } = this;
    this.#source.jobs = jobs;
    const recorder = aRecorder({ store, clock: this.#clock, signals: this.#signals }, { routes: [aRoute()] });
    const { events } = await withEvents(this.#signals, () =>
      pollTarget(
        { source: this.#source, store, recorder, clock: this.#clock },
        {
          watch,
          target: targetOf(watch),
          lateAfterMs: 2 * MINUTE,
          signal: new AbortController().signal,
          isUrgent: false,
          depth: 'whole',
          newSince: null,
          notes: this.#notes,
          places: this.#places,
          timePolicyFor: () => ({ stalled: { afterMs: 90 * HOUR, note: null }, expiringWithinMs: null }),
        },
      ),
    );
    return events.map(({ event, suppressed }) => `${event.name} ${jobOf(event)?.id} ${suppressed}`);
  }

  async settle(as: 'delivered' | 'given_up'): Promise<string[]> {
    const { items } = await this.store.listDeliveries({ status: 'pending', ...ALL });
    const ids = items.map(({ id }) => id).slice(0, 5);
    await this.store.recordOutcomes(
      ids.map((id) => ({ id, kind: as, at: this.#clock.now(), detail: 'as it is' })),
      [],
    );
    return ids;
  }

  handOver(): void {
    this.watch = aWatch({ name: `${this.watch.name}+`, announceExisting: true });
    this.#notes = { pages: new Map(), jobs: new Map() };
    this.#places = new Places();
  }

  async figures() {
    const durations = await this.store.finishedDurations(targetKey(targetOf(this.watch)), 50);
    return {
      // In no order where jobs began in the same instant.
      durations: durations.map(({ durationMs }) => durationMs).toSorted((one, other) => one - other),
      last: await this.store.lastFinishedAt(this.watch.name),
      finishes: await this.store.lastFinishes([this.watch.name], 9),
      pending: (await this.store.listDeliveries({ status: 'pending', ...ALL })).items.map(({ id }) => id),
    };
  }
}

function atlasAt(now: number, all: readonly Life[]): RestoreJob[] {
  const hour = (now - T0) / HOUR;
  return all.flatMap(({ bornAt, outcomes, hidden }, index) => {
    if (hour < bornAt || (hidden !== null && hour >= hidden[0] && hour < hidden[1])) return [];
    const createdAt = T0 + bornAt * HOUR;
    const reached: ReachedMilestone[] = [
      { milestone: 'started', at: createdAt },
      ...outcomes
        .map(({ milestone, after }) => ({ milestone, at: createdAt + after * HOUR }))
        .filter(({ at }) => at <= now),
    ];
    const state = stateAfter(reached.map(({ milestone }) => milestone));
    const finishedAt = reached.find(({ milestone }) => milestone === 'finished')?.at ?? null;
    const expires = outcomes.find(({ milestone }) => milestone === 'expired');
    const expiresAt = expires && reached.length > 1 ? createdAt + expires.after * HOUR : null;
    return [aJob([], { id: jobId(index, createdAt), createdAt, reached, state, finishedAt, expiresAt })];
  });
}

/** Prunes in the second world, and looks whether that took what may go and no more. @returns the jobs that went. */
async function prune(plain: World, pruned: World, clock: ManualClock, rows: number, most: number) {
  const overBefore = clock.now() - KEEP;
  const before = (await pruned.store.listObservations(ALL)).items;
  const walk = new PruneWalk({ store: pruned.store, clock }, overBefore, rows);
  for (let step = 0; step < most && !walk.hasEnded; step += 1) await walk.step();
  const left = new Set((await pruned.store.listObservations(ALL)).items.map(keyOf));
  const gone = before.filter((observation) => !left.has(keyOf(observation)));
  const pending = (await plain.store.listDeliveries({ status: 'pending', ...ALL })).items;
  const owed = new Set(
    pending.map(({ event }) => `${'watch' in event.subject ? event.subject.watch : ''}/${jobOf(event)?.id}`),
  );
  for (const observation of gone) {
    expect(overSince(observation)).toBeLessThan(overBefore);
    expect(owed).not.toContain(keyOf(observation));
  }
  if (walk.hasEnded) {
    const recent = (await pruned.store.listDeliveries(ALL)).items.filter(
      ({ endedAt }) => (endedAt ?? overBefore) >= overBefore,
    );
    const held = new Set(
      recent.map(({ event }) => `${'watch' in event.subject ? event.subject.watch : ''}/${jobOf(event)?.id}`),
    );
    const stays = before.filter(
      (observation) => left.has(keyOf(observation)) && !held.has(keyOf(observation)),
    );
    for (const observation of stays)
      expect(overSince(observation) ?? clock.now()).toBeGreaterThanOrEqual(overBefore);
  }
  return gone.map(keyOf);
}

function keyOf({ watch, jobId: id }: { watch: string; jobId: string }): string {
  return `${watch}/${id}`;
}

/** Of a job that was pruned and is found again (by another watch, or in another state) no more is known than what has stayed of it. */
async function compare(plain: World, pruned: World, everPruned: ReadonlySet<string>): Promise<void> {
  const prunedIds = new Set([...everPruned].map((key) => key.slice(key.indexOf('/') + 1)));
  const isWhole = ({ jobId: id }: { jobId: string }): boolean => !prunedIds.has(id);
  const all = (await plain.store.listObservations(ALL)).items.filter(isWhole);
  const left = (await pruned.store.listObservations(ALL)).items;
  expect(left.filter(isWhole)).toEqual(all);
  const counted = (await pruned.store.countJobs()).reduce((sum, { count }) => sum + count, 0);
  expect(counted).toBe(left.length);
  for (const { watch, jobId: id } of all) {
    const of = { watch, jobId: id, ...ALL };
    expect((await pruned.store.listEvents(of)).items).toEqual((await plain.store.listEvents(of)).items);
  }
}

it('whatever is pruned, and whenever: what is told, owed, usual and listed of all others is as without it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.limitShrink(
        fc.tuple(
          fc.array(lives, { minLength: 1, maxLength: 8 }),
          fc.array(steps, { minLength: 8, maxLength: 30, size: 'max' }),
        ),
        SHRINKS,
      ),
      async ([all, timeline]) => {
        const clock = createManualClock(T0);
        const stores = [await openNewStore(), await openNewStore()] as const;
        const [plain, pruned] = [new World(stores[0], clock), new World(stores[1], clock)];
        const everPruned = new Set<string>();
        try {
          for (const step of timeline) {
            clock.advance(step.hours * HOUR);
            if (step.do === 'poll') {
              const jobs = atlasAt(clock.now(), all);
              expect(await pruned.poll(jobs)).toEqual(await plain.poll(jobs));
            } else if (step.do === 'settle') {
              expect(await pruned.settle(step.as)).toEqual(await plain.settle(step.as));
            } else if (step.do === 'redrive') {
              const before = new Set(await plain.store.redrive('given_up', clock.now()));
              for (const id of await pruned.store.redrive('given_up', clock.now()))
                expect(before).toContain(id);
              for (const world of [plain, pruned])
                for (let more = true; more; ) more = (await world.settle('given_up')).length > 0;
            } else if (step.do === 'prune') {
              for (const key of await prune(plain, pruned, clock, step.rows, step.steps)) everPruned.add(key);
            } else {
              for (const world of [plain, pruned]) world.handOver();
            }
            expect(await pruned.figures()).toEqual(await plain.figures());
          }
          await compare(plain, pruned, everPruned);
        } finally {
          for (const store of stores) await store.close();
        }
      },
    ),
    { numRuns: RUNS },
  );
});
