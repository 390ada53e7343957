import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Notifier } from '../../src/channels/notifier.ts';
import { healthOf } from '../../src/health/health.ts';
import { createSignals } from '../../src/signals.ts';
import { createRunner, type RunnerConfig } from '../../src/watcher/runner.ts';
import { aJob, aRoute, aWatch, jobId, T0 } from '../support/builders.ts';
import { createFakeNotifier } from '../support/fake-notifier.ts';
import { createFakeSource } from '../support/fake-source.ts';
import { type FakeTime, fakeTime } from '../support/fake-time.ts';
import { aJoining } from '../support/joining.ts';
import { ALONE, aRunnerConfig } from '../support/runner-config.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openEmbeddedStore } from '../support/test-store.ts';

const WATCHES = ['orders', 'carts'] as const;
const CHANNELS = ['oncall', 'siem'] as const;

/** By name, in which version. */
interface Wanted {
  watches: Readonly<Record<string, number>>;
  channels: Readonly<Record<string, number>>;
}

/** Things that hang until they are let go, or told to stop. */
class Gates {
  readonly #held = new Map<string, PromiseWithResolvers<void>>();

  hold(name: string): void {
    if (!this.#held.has(name)) this.#held.set(name, Promise.withResolvers());
  }

  letGo(...names: string[]): void {
    for (const name of names) {
      this.#held.get(name)?.resolve();
      this.#held.delete(name);
    }
  }

  async pass(name: string, signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<never>();
    const onAbort = (): void => stopped.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    stopped.promise.catch(() => undefined);
    await Promise.race([this.#held.get(name)?.promise, stopped.promise]);
    signal.removeEventListener('abort', onAbort);
  }
}

/** A runner whose polls and sends can be held up, and are watched. */
async function aWorld(time: FakeTime) {
  const gates = new Gates();
  const source = createFakeSource();
  const { listJobs } = source;
  /** Of each watch, how many polls are in hand, and how many have begun. */
  const polls = new Map<string, { inHand: number; begun: number }>();
  /** By channel, who has sends in hand. */
  const sending = new Map<string, Notifier[]>();
  const closed = new Set<Notifier>();
  const accepted: Array<{ channel: string; by: Notifier }> = [];

  source.listJobs = async function* (target, options) {
    const of = polls.get(target.watch) ?? { inHand: 0, begun: 0 };
    polls.set(target.watch, of);
    expect(of.inHand, `polls of ${target.watch} at once`).toBe(0);
    of.inHand += 1;
    of.begun += 1;
    try {
      await gates.pass(target.watch, options.signal);
      yield* listJobs(target, options);
    } finally {
      of.inHand -= 1;
    }
  };

  const aNotifier = (channel: string): Notifier => {
    const notifier = createFakeNotifier({ channel });
    notifier.answer = async (_notices, signal) => {
      const others = sending.get(channel) ?? [];
      expect(closed.has(notifier), 'a send by what was closed').toBe(false);
      expect(
        others.every((other) => other === notifier),
        `senders to ${channel} at once`,
      ).toBe(true);
      sending.set(channel, [...others, notifier]);
      try {
        await gates.pass(channel, signal);
        accepted.push({ channel, by: notifier });
      } finally {
        sending.set(channel, (sending.get(channel) ?? []).slice(1));
      }
    };
    return notifier;
  };

  const store = await openEmbeddedStore();
  await store.join(aJoining());
  const logger = createRecordingLogger();
  let notifiers: readonly Notifier[] = [];
  let versions: Wanted['channels'] = {};

  const configOf = ({ watches, channels }: Wanted): RunnerConfig =>
    aRunnerConfig({
      watches: Object.entries(watches).map(([name, version]) =>
        aWatch({ name, instanceName: name, schedule: '*/5 * * * * *', labels: { version: String(version) } }),
      ),
      sources: new Map([['atlas', source]]),
      routes: [aRoute({ events: ['*'], channels: Object.keys(channels) })],
      notifiers: Object.entries(channels).map(([name, version]) => {
        const before = notifiers.find(({ channel }) => channel === name);
        return before && versions[name] === version ? before : aNotifier(name);
      }),
    });
  const config = configOf({ watches: {}, channels: {} });
  const signals = createSignals(logger);
  const runner = createRunner({ ...config, ...ALONE, store, clock: time, logger, signals });
  await runner.start();

  return {
    gates,
    polls,
    sending,
    accepted,
    runner,
    notifiers: () => notifiers,
    apply: async (wanted: Wanted) => {
      const config = configOf(wanted);
      const replaced = notifiers.filter((notifier) => !config.notifiers.includes(notifier));
      await runner.apply(config, () => {
        [notifiers, versions] = [config.notifiers, wanted.channels];
        return async () => {
          for (const notifier of replaced) {
            expect(sending.get(notifier.channel) ?? [], 'closed while it sends').not.toContain(notifier);
            closed.add(notifier);
          }
        };
      });
    },
    startJob: (number: number) => {
      source.jobs = [...source.jobs, aJob([], { id: jobId(number, time.now()), createdAt: time.now() })];
    },
    close: () => store.close(),
  };
}

const versionsOf = <Name extends string>(names: readonly Name[]) =>
  fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }), { noNullPrototype: true });
const aWanted: fc.Arbitrary<Wanted> = fc.record({
  watches: versionsOf(WATCHES),
  channels: versionsOf(CHANNELS),
});
const aStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reload' as const), wanted: aWanted }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('hold', 'let go'),
      name: fc.constantFrom(...WATCHES, ...CHANNELS),
    }),
  },
  fc.record({ do: fc.constant('start a job' as const) }),
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(100, 3_000, 8_000) }),
  },
);
type World = Awaited<ReturnType<typeof aWorld>>;

/** What is configured and is seen not to run so makes the watcher not ready. */
function expectHonesty({ runner, sending, notifiers }: World, wanted: Wanted): void {
  const status = runner.status();
  expect(status.watches.map(({ watch }) => watch)).toEqual(Object.keys(wanted.watches));
  expect(status.channels.map(({ channel }) => channel)).toEqual(Object.keys(wanted.channels));
  const isBlind = status.watches.some(({ lastSuccessAt }) => lastSuccessAt === null);
  const isHeldUp = notifiers().some((notifier) =>
    (sending.get(notifier.channel) ?? []).some((other) => other !== notifier),
  );
  if (isBlind || isHeldUp) expect(healthOf(status).ready).toBe(false);
}

async function live(
  world: World,
  time: FakeTime,
  step: typeof aStep extends fc.Arbitrary<infer S> ? S : never,
  number: number,
) {
  if (step.do === 'reload' && 'wanted' in step) await world.apply(step.wanted);
  else if (step.do === 'pass' && 'ms' in step) await time.pass(step.ms);
  else if (step.do === 'start a job') world.startJob(number);
  else if ('name' in step && step.do === 'hold') world.gates.hold(step.name);
  else if ('name' in step) world.gates.letGo(step.name);
}

const FIRST: Wanted = { watches: { orders: 1, carts: 1 }, channels: { oncall: 1, siem: 1 } };

/** From here on it is worth while: a poll of each watch hangs, and a send to each channel. */
async function hangEverything(world: World, time: FakeTime): Promise<void> {
  await world.apply(FIRST);
  await time.pass(1_000);
  for (const channel of CHANNELS) world.gates.hold(channel);
  world.startJob(50);
  await time.pass(6_000);
  for (const watch of WATCHES) world.gates.hold(watch);
  await time.pass(6_000);
  expect([...world.polls.values()].map(({ inHand }) => inHand)).toEqual([1, 1]);
  expect([...world.sending.values()].every((senders) => senders.length > 0)).toBe(true);
}

it('comes to work by the configuration read last, whatever hangs and however reloads overlap, and to nothing at the end', async () => {
  const time = fakeTime(T0);
  await fc.assert(
    fc.asyncProperty(
      fc.array(aStep, { minLength: 5, maxLength: 25 }),
      fc.boolean(),
      async (steps, isStoppedAtOnce) => {
        const world = await aWorld(time);
        const { runner, polls, sending, gates, accepted } = world;
        let wanted = FIRST;
        await hangEverything(world, time);
        for (const [number, step] of steps.entries()) {
          await live(world, time, step, number);
          if (step.do === 'reload' && 'wanted' in step) wanted = step.wanted;
          expectHonesty(world, wanted);
        }
        if (!isStoppedAtOnce) {
          gates.letGo(...WATCHES, ...CHANNELS);
          await time.pass(90_000);
          expect(healthOf(runner.status())).toMatchObject({ live: true, ready: true, reasons: [] });
          for (const { begun } of [...polls.values()]) expect(begun).toBeGreaterThan(0);
          const before = new Map([...polls].map(([watch, { begun }]) => [watch, begun]));
          accepted.splice(0);
          world.startJob(99);
          await time.pass(15_000);
          const polled = [...polls].filter(([watch, { begun }]) => begun > (before.get(watch) ?? 0));
          expect(polled.map(([watch]) => watch).toSorted()).toEqual(Object.keys(wanted.watches).toSorted());
          const isTold = Object.keys(wanted.watches).length > 0;
          expect(new Set(accepted.map(({ by }) => by))).toEqual(new Set(isTold ? world.notifiers() : []));
        }
        const stopped = runner.stop('test');
        await time.pass(10_000);
        await stopped;
        expect([...polls.values()].map(({ inHand }) => inHand).filter((count) => count > 0)).toEqual([]);
        expect([...sending.values()].flat()).toEqual([]);
        expect(vi.getTimerCount()).toBe(0);
        await world.close();
      },
    ),
    { numRuns: 8 },
  );
});
