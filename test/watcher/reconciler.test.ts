import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import { type Haste, Reconciler } from '../../src/watcher/reconciler.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { settled } from '../support/stepping-clock.ts';

/** One that runs until it is told to stop and let go. */
class Actor {
  state: 'runs' | 'ends' | 'ended' = 'runs';
  readonly key: string;
  readonly spec: string;
  readonly #end = Promise.withResolvers<void>();

  constructor(key: string, spec: string) {
    this.key = key;
    this.spec = spec;
  }

  stop(haste: Haste): Promise<void> {
    this.state = this.state === 'ended' ? 'ended' : 'ends';
    if (haste === 'end') this.letGo();
    return this.#end.promise;
  }

  /** What it has in hand has ended. */
  letGo(): void {
    if (this.state === 'runs') return;
    this.state = 'ended';
    this.#end.resolve();
  }
}

type Wanted = Readonly<Record<string, string>>;

/** A reconciler whose actors are seen from outside. */
function aWorld() {
  const clock = createManualClock(0);
  const logger = createRecordingLogger();
  const actors: Actor[] = [];
  let isStarting = true;
  const living = (key: string) => actors.filter((actor) => actor.key === key && actor.state !== 'ended');
  const reconciler = new Reconciler<{ key: string; spec: string }, Actor>({
    clock,
    faultLog: createFaultLog(logger, clock),
    noun: 'actor',
    isSame: (running, wanted) => running.spec === wanted.spec,
    start: ({ key, spec }) => {
      if (!isStarting) throw new Error('no');
      expect(living(key)).toEqual([]);
      const actor = new Actor(key, spec);
      actors.push(actor);
      return actor;
    },
    stop: (actor, haste) => actor.stop(haste),
  });
  return {
    clock,
    logger,
    actors,
    living,
    reconciler,
    apply: (wanted: Wanted) =>
      reconciler.apply(new Map(Object.entries(wanted).map(([key, spec]) => [key, { key, spec }]))),
    runs: (): Wanted =>
      Object.fromEntries(actors.filter(({ state }) => state === 'runs').map(({ key, spec }) => [key, spec])),
    mayStart: (may: boolean) => {
      isStarting = may;
    },
    letGo: async (key?: string) => {
      for (const actor of actors) if (key === undefined || actor.key === key) actor.letGo();
      await settled();
    },
  };
}

describe('a reconciler', () => {
  it('keeps going what is wanted as it is, and begins the rest at once', async () => {
    const world = aWorld();
    await world.apply({ a: '1' });
    const [first] = world.actors;
    await world.apply({ a: '1', b: '1' });
    expect(world.runs()).toEqual({ a: '1', b: '1' });
    expect(world.reconciler.actorOf('a')).toBe(first);
  });

  it('has a thing that was taken out and put back while it was ending run again', async () => {
    const world = aWorld();
    await world.apply({ a: '1' });
    void world.apply({});
    const back = world.apply({ a: '1' });
    expect(world.reconciler.actorOf('a')).toBeNull();
    await world.letGo();
    await back;
    expect(world.runs()).toEqual({ a: '1' });
  });

  it('never begins what was wanted only in between', async () => {
    const world = aWorld();
    await world.apply({ a: '1' });
    const applied = [world.apply({ a: '2' }), world.apply({ a: '3' }), world.apply({ a: '4' })];
    await world.letGo();
    await Promise.all(applied);
    expect(world.actors.map(({ spec }) => spec)).toEqual(['1', '4']);
  });

  it('says for how long a thing has been wanted and has not run', async () => {
    const world = aWorld();
    await world.apply({ a: '1' });
    void world.apply({ a: '2' });
    world.clock.advance(4_000);
    void world.apply({ a: '3', b: '1' });
    world.clock.advance(1_000);
    expect(['a', 'b', 'c'].map((key) => world.reconciler.waitingMs(key))).toEqual([5_000, null, null]);
    await world.letGo();
    expect(world.reconciler.waitingMs('a')).toBeNull();
  });

  it('says that a thing runs until it has ended, wanted or not', async () => {
    const world = aWorld();
    await world.apply({ a: '1' });
    const gone = world.apply({});
    expect([world.reconciler.actorOf('a'), world.reconciler.isRunning('a')]).toEqual([null, true]);
    await world.letGo();
    await gone;
    expect(world.reconciler.isRunning('a')).toBe(false);
  });

  it('tries again to begin what could not be begun, and says so once', async () => {
    const world = aWorld();
    world.mayStart(false);
    await world.apply({ a: '1' });
    world.reconciler.look();
    world.clock.advance(3_000);
    expect(world.reconciler.waitingMs('a')).toBe(3_000);
    expect(world.logger.lines).toMatchObject([
      { message: 'actor a cannot begin; it is tried again: no', fields: { actor: 'a' } },
    ]);
    world.mayStart(true);
    world.reconciler.look();
    expect(world.runs()).toEqual({ a: '1' });
  });

  it('ends what is ending already with more haste when it is stopped', async () => {
    const world = aWorld();
    await world.apply({ a: '1' });
    const changed = world.apply({ a: '2' });
    await world.reconciler.stop();
    await changed;
    expect(world.actors.map(({ spec, state }) => [spec, state])).toEqual([['1', 'ended']]);
  });
});

const KEYS = ['a', 'b', 'c'] as const;
const aWanted = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom('1', '2', '3'), {
  noNullPrototype: true,
});
const aStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('apply' as const), wanted: aWanted }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('let go' as const), key: fc.constantFrom(...KEYS) }) },
  fc.record({ do: fc.constant('look' as const) }),
  fc.record({ do: fc.constant('may start' as const), may: fc.boolean() }),
);

describe('whatever happens, a reconciler', () => {
  const live = async (
    world: ReturnType<typeof aWorld>,
    step: typeof aStep extends fc.Arbitrary<infer S> ? S : never,
  ) => {
    if (step.do === 'apply') void world.apply(step.wanted);
    else if (step.do === 'let go') await world.letGo(step.key);
    else if (step.do === 'look') world.reconciler.look();
    else world.mayStart(step.may);
  };

  it('comes to run exactly what was wanted last, never two of a key, and knows of what does not run yet', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 30 }), async (steps) => {
        const world = aWorld();
        let wanted: Wanted = {};
        for (const step of steps) {
          await live(world, step);
          if (step.do === 'apply') wanted = step.wanted;
          const runs = world.runs();
          for (const key of KEYS) {
            expect(world.living(key).length).toBeLessThanOrEqual(1);
            const isMissing = wanted[key] !== undefined && runs[key] !== wanted[key];
            if (isMissing) expect(world.reconciler.waitingMs(key)).not.toBeNull();
            expect(world.reconciler.isRunning(key)).toBe(world.living(key).length > 0);
            expect(world.reconciler.actorOf(key)?.spec).toBe(isMissing ? undefined : wanted[key]);
          }
        }
        world.mayStart(true);
        await world.letGo();
        world.reconciler.look();
        await settled();
        await world.letGo();
        expect(world.runs()).toEqual(wanted);
        await world.reconciler.stop();
        expect(world.runs()).toEqual({});
        await world.apply({ a: '1' });
        world.reconciler.look();
        expect(world.runs()).toEqual({});
      }),
      { numRuns: 120 },
    );
  });
});
