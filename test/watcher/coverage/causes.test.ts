import { expect, it, onTestFinished } from 'vitest';
import { coverageOf, type Gap } from '../../../src/domain/coverage/periods.ts';
import { SourceError, StoreError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { createRunner, type Runner, type RunnerConfig } from '../../../src/watcher/runner.ts';
import { aWatch, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeNotifier } from '../../support/fake-notifier.ts';
import { createFakeSource } from '../../support/fake-source.ts';
import { fakeTime } from '../../support/fake-time.ts';
import { aJoining } from '../../support/joining.ts';
import { ALONE, aRunnerConfig } from '../../support/runner-config.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openEmbeddedStore } from '../../support/test-store.ts';

const SECOND = 1_000;
const NEVER = new Promise<never>(() => {});
const WATCH = aWatch({ schedule: '*/10 * * * * *' });

/** The whole watcher but Atlas and the receivers; one instance, looked at every 10 s. It writes down by itself when it was seen. */
async function aWorld() {
  const clock = fakeTime(T0);
  const source = createFakeSource();
  /** When those began that came to a good end. */
  const looks: number[] = [];
  let hung: PromiseWithResolvers<void> | null = null;
  const real = await openEmbeddedStore();
  let isStoreAway = false;
  /** What one process reaches Atlas and the store by; once that is dead, nothing comes of anything that it does. */
  const reachOf = (life: { isOver: boolean }) => {
    const listJobs: typeof source.listJobs = async function* (...call) {
      const begunAt = clock.now();
      await hung?.promise;
      if (life.isOver) await NEVER;
      yield* source.listJobs(...call);
      looks.push(begunAt);
    };
    const plain: Store = { ...real, checkWritable: async () => {} };
    const store = new Proxy(plain, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function' || !(isStoreAway || life.isOver)) return method;
        return async () => {
          if (life.isOver) await NEVER;
          throw new StoreError('unavailable', 'the server is gone', { isPassing: true });
        };
      },
    });
    return { source: { ...source, listJobs }, store };
  };
  await real.join(aJoining());
  onTestFinished(() => real.close());
  let life = { isOver: false };
  let running: RunnerConfig;
  let runner: Runner;
  const start = async () => {
    const logger = createRecordingLogger();
    life = { isOver: false };
    const { source: own, store } = reachOf(life);
    running = aRunnerConfig({
      watches: [WATCH],
      sources: new Map([[WATCH.connection, own]]),
      notifiers: [createFakeNotifier()],
    });
    const signals = createSignals(logger);
    runner = createRunner({ ...running, ...ALONE, store, clock, logger, signals });
    await runner.start();
  };
  await start();
  return {
    clock,
    source,
    looks,
    start,
    stop: async () => {
      const stopping = runner.stop('test');
      await clock.pass(SECOND);
      await stopping;
    },
    /** Nothing of it ever comes about any more. */
    kill: () => {
      life.isOver = true;
    },
    hang: () => {
      hung = Promise.withResolvers();
    },
    wake: () => {
      hung?.resolve();
      hung = null;
    },
    loseStore: (isAway: boolean) => {
      isStoreAway = isAway;
    },
    configure: (watches: RunnerConfig['watches']) =>
      runner.apply({ ...running, watches }, () => async () => {}),
    gaps: async (): Promise<Gap[]> => {
      const period = { since: looks[1] ?? T0, until: clock.now() };
      const [place] = coverageOf(await real.readCoverage(period), period, clock.now());
      return place?.gaps ?? [];
    },
  };
}
type World = Awaited<ReturnType<typeof aWorld>>;

/** What comes in the way and leaves again. `begins`: where its gap does, unless at the last good look before; `within` so many milliseconds before that. */
interface Hindrance {
  begin: (world: World) => unknown;
  end: (world: World) => unknown;
  begins?: 'at once';
  withinMs?: number;
}

const fails = (fault: Error): Hindrance => ({
  begin: ({ source }) => {
    source.fault = fault;
  },
  end: ({ source }) => {
    source.fault = null;
  },
});

const HINDRANCES: Record<string, Hindrance> = {
  atlas_away: fails(new SourceError('unavailable', 'HTTP 503')),
  credential: fails(new SourceError('auth', 'who?', { subject: 'credential' })),
  role: fails(new SourceError('auth', 'no role', { subject: 'project' })),
  access_list: fails(new SourceError('refused', 'not from there', { subject: 'access_list' })),
  rate_limited: fails(new SourceError('rate_limited', 'HTTP 429')),
  unreadable: fails(new SourceError('bad_response', 'a page')),
  gone: fails(new SourceError('not_found', 'no such instance', { subject: 'instance' })),
  hanging: { begin: (world) => world.hang(), end: (world) => world.wake() },
  database: { begin: (world) => world.loseStore(true), end: (world) => world.loseStore(false) },
  not_configured: {
    begins: 'at once',
    begin: (world) => world.configure([]),
    end: (world) => world.configure([WATCH]),
  },
  stopped: { begins: 'at once', begin: (world) => world.stop(), end: (world) => world.start() },
  killed: {
    begins: 'at once',
    withinMs: 15_000,
    begin: (world) => world.kill(),
    end: (world) => world.start(),
  },
};

it.each(Object.entries(HINDRANCES))('is one gap, to the second: %s', async (cause, hindrance) => {
  const world = await aWorld();
  const { clock, looks } = world;
  await clock.pass(5 * MINUTE + 3 * SECOND);
  const beganAt = hindrance.begins === 'at once' ? clock.now() : (looks.at(-1) ?? 0);
  await hindrance.begin(world);
  await clock.pass(3 * MINUTE + 7 * SECOND);
  const endsAt = clock.now();
  await hindrance.end(world);
  await clock.pass(5 * MINUTE);

  const to = looks.find((at) => at >= endsAt);
  const [gap] = await world.gaps();
  // A kill takes away what was not written yet. All else is exact.
  const from = hindrance.withinMs === undefined ? beganAt : (gap?.from ?? 0);
  expect(await world.gaps()).toEqual([{ cause, from, to }]);
  expect(beganAt - from).toBeGreaterThanOrEqual(0);
  expect(beganAt - from).toBeLessThanOrEqual(hindrance.withinMs ?? 0);
  await world.stop();
});
