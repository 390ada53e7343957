import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { shortDrills } from '../../src/domain/drills/drill.ts';
import type { WatcherEvent } from '../../src/domain/event/event.ts';
import { flatSubject } from '../../src/domain/event/flat-subject.ts';
import { jobOf } from '../../src/domain/event/subject.ts';
import type { RestoreJob } from '../../src/domain/job/restore-job.ts';
import type { Watch } from '../../src/domain/job/watch.ts';
import type { Fallback } from '../../src/domain/telling/fallback.ts';
import { DeliveryError, SourceError } from '../../src/errors.ts';
import { createSignals } from '../../src/signals.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { createRunner } from '../../src/watcher/runner.ts';
import { aJob, aRoute, aWatch, HOUR, jobId, MINUTE, T0 } from '../support/builders.ts';
import { createFakeNotifier } from '../support/fake-notifier.ts';
import { createFakeSource } from '../support/fake-source.ts';
import { type FakeTime, fakeTime } from '../support/fake-time.ts';
import { aJoining } from '../support/joining.ts';
import { ALONE, aRunnerConfig } from '../support/runner-config.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

const DAY = 24 * HOUR;
/** Days go by here: what is looked at every second or so otherwise is looked at once between two polls. */
const PACE = { beatEveryMs: 20_000, lateAfterMs: 200_000, lookEveryMs: 60_000 };
const AWAY = new SourceError('unavailable', 'Atlas is away');

/** The whole watcher but Atlas and the receiver: runner, schedule, store on disk; in a time of its own. */
async function aWorld(
  over: Partial<Watch>,
  { remindEveryMs = null, fallbacks = [] }: { remindEveryMs?: number | null; fallbacks?: Fallback[] } = {},
) {
  const time = fakeTime(T0);
  const folder = mkdtempSync(join(tmpdir(), 'time-and-silence-'));
  const source = createFakeSource();
  const notifier = createFakeNotifier();
  const standIn = createFakeNotifier({ channel: 'dba' });
  let process = await startProcess();
  onTestFinished(async () => {
    await process.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startProcess() {
    const opened = await openSqliteStore({ path: join(folder, 'watcher.db') });
    // The disk is in order all along: thousands of probes would write to it for nothing.
    const store = { ...opened, checkWritable: async () => {} };
    await store.join(aJoining());
    const logger = createRecordingLogger();
    const watches = [aWatch({ schedule: '0 * * * * *', ...over })];
    const config = aRunnerConfig({
      watches,
      sources: new Map([['atlas', source]]),
      routes: [aRoute({ events: ['*'], channels: ['oncall'], remindEveryMs })],
      notifiers: [notifier, standIn],
      fallbacks,
      drills: shortDrills(watches),
    });
    const signals = createSignals(logger);
    const runner = createRunner({ ...config, ...ALONE, store, clock: time, logger, signals, pace: PACE });
    await runner.start();
    const stop = async () => {
      await runner.stop('test');
      await store.close();
    };
    return { store, stop };
  }

  return {
    time,
    source,
    restart: async () => {
      await process.stop();
      process = await startProcess();
    },
    /** In the order in which they were found. */
    events: async (): Promise<WatcherEvent[]> => {
      const { items } = await process.store.listEvents({ limit: 500 });
      return items.map(({ event }) => event).reverse();
    },
    /** What people heard, message by message. */
    heard: () => notifier.accepted.flat(),
    notifier,
    /** What the other channel heard. */
    standInHeard: () => standIn.accepted.flat(),
  };
}

type World = Awaited<ReturnType<typeof aWorld>>;

/** What a job that begins now has of its own, going by a clock that is right. */
function begun(time: FakeTime, number: number): Pick<RestoreJob, 'id' | 'createdAt'> {
  const createdAt = Math.floor(time.truth() / 1_000) * 1_000;
  return { id: jobId(number, createdAt), createdAt };
}

describe('what only time and silence tell', () => {
  const POLICY: Partial<Watch> = {
    stalledAfter: 30 * MINUTE,
    expiringWithinMs: HOUR,
    expectRestoreEveryMs: 6 * HOUR,
  };

  const steps =
    (ms: number) =>
    async ({ time }: World): Promise<void> => {
      time.step(ms);
      await time.pass(5 * MINUTE);
      time.step(-ms);
      await time.pass(5 * MINUTE);
    };
  const DISTURBANCES: ReadonlyArray<[what: string, disturb: (world: World) => Promise<void>]> = [
    ['nothing else happens', async () => {}],
    ['the watcher is restarted again and again', ({ restart }) => restart()],
    ['the clock steps forward by a day, and back', steps(DAY)],
    ['the clock steps back by a day, and forward', steps(-DAY)],
    [
      'it is restarted while the clock is a day ahead, and again when it is back',
      async ({ time, restart }) => {
        time.step(DAY);
        await restart();
        await time.pass(5 * MINUTE);
        time.step(-DAY);
        await restart();
        await time.pass(5 * MINUTE);
      },
    ],
  ];

  /** A day in which each of them is due once. */
  async function live(world: World, disturb: (world: World) => Promise<void>): Promise<void> {
    const { time, source } = world;
    await time.pass(MINUTE);
    await disturb(world);

    const [lost, slow] = [aJob([], begun(time, 1)), aJob([], begun(time, 2))];
    const expiresAt = time.truth() + 4 * HOUR;
    const link = { ...begun(time, 3), deliveryType: 'download', expiresAt };
    source.jobs = [lost, slow, aJob([], link)];
    await time.pass(MINUTE);
    source.jobs = [slow, aJob(['ready'], link, 1)];
    await time.pass(2 * MINUTE);
    await disturb(world);

    await time.pass(31 * MINUTE);
    await disturb(world);

    source.fault = AWAY;
    await time.pass(10 * MINUTE);
    await disturb(world);
    source.fault = null;
    await time.pass(20 * MINUTE);
    await disturb(world);

    await time.pass(3 * HOUR);
    await disturb(world);
    await time.pass(4 * HOUR);
    await disturb(world);
    await time.pass(HOUR);
  }

  const EACH = [
    ...['drill_overdue', 'expiring', 'missing', 'ready', 'stalled', 'started', 'started', 'started'],
    ...['watch_failing', 'watch_recovered'],
  ];
  const namesOf = (told: ReadonlyArray<{ name: string }>) => told.map(({ name }) => name).toSorted();

  it.each(DISTURBANCES)('is told once each, and when it is due, while %s', async (_what, disturb) => {
    const world = await aWorld(POLICY);
    world.source.aheadMs = () => world.time.truth() - world.time.now();
    await live(world, disturb);
    const events = await world.events();
    expect(namesOf(events)).toEqual(EACH);
    expect(namesOf(world.heard())).toEqual(EACH);
    const stalled = events.find(({ name }) => name === 'stalled');
    expect(stalled?.summary).toMatch(/is still running after 3\d min/);
    const overdue = events.find(({ name }) => name === 'drill_overdue');
    expect(overdue?.detectedAt).toBeGreaterThan(T0 + 6 * HOUR);
  });

  it('is told once each also where nothing shows that the clock is wrong', async () => {
    const world = await aWorld(POLICY);
    await live(world, steps(DAY));
    expect(namesOf(await world.events())).toEqual(EACH);
    expect(namesOf(world.heard())).toEqual(EACH);
  });
});

describe('after the API was away for two hours while 40 jobs started and ended', () => {
  /** Each began a while after the last, took up to 50 minutes, and is over well before the API is back. */
  function fortyJobs(from: number): RestoreJob[] {
    return Array.from({ length: 40 }, (_, n) => {
      const createdAt = from + n * 97_000;
      const outcome = (['finished', 'failed', 'cancelled'] as const)[n % 3] ?? 'finished';
      const seconds = 31 + n * 71;
      return aJob([outcome], { id: jobId(n + 10, createdAt), createdAt }, seconds / 60);
    });
  }

  it.each([
    ['and the watcher went on', 0],
    ['and the watcher was restarted meanwhile', 1],
  ])('%s, tells all 80 transitions with their real times, and nothing false', async (_what, restarts) => {
    const world = await aWorld({
      stalledAfter: 45 * MINUTE,
      expiringWithinMs: HOUR,
      expectRestoreEveryMs: 3 * HOUR,
    });
    const { time, source } = world;
    await time.pass(MINUTE);
    const before = begun(time, 1);
    source.jobs = [aJob([], before)];
    await time.pass(5 * MINUTE);

    source.fault = AWAY;
    const awaySince = time.truth();
    const jobs = fortyJobs(Math.ceil(awaySince / 1_000) * 1_000 + 5_000);
    await time.pass(HOUR);
    for (let n = 0; n < restarts; n += 1) await world.restart();
    await time.pass(HOUR);
    source.jobs = [...jobs.toReversed(), aJob(['finished'], before, 90)];
    source.fault = null;
    await time.pass(15 * MINUTE);
    await time.pass(2 * HOUR);

    const events = await world.events();
    const others = events.filter((event) => [undefined, before.id].includes(jobOf(event)?.id));
    expect(others.map(({ name }) => name)).toEqual([
      'started',
      'watch_failing',
      'finished',
      'watch_recovered',
    ]);

    const told = events.filter((event) => !others.includes(event));
    expect(told).toHaveLength(80);
    const account = ({ name, subject, occurredAt }: WatcherEvent) => ({
      job: subject.kind === 'job' ? subject.job.id : undefined,
      name,
      at: new Date(occurredAt).toISOString(),
      inferred: flatSubject(subject).inferred,
      late: flatSubject(subject).late,
    });
    const byJob = (a: { job: string | undefined }, b: { job: string | undefined }) =>
      String(a.job).localeCompare(String(b.job));
    expect(told.map(account).toSorted(byJob)).toEqual(
      jobs
        .flatMap(({ id, reached }) =>
          reached.map(({ milestone, at }) => ({
            job: id,
            name: milestone,
            at: new Date(at ?? 0).toISOString(),
            inferred: milestone === 'started',
            late: true,
          })),
        )
        .toSorted(byJob),
    );

    const heard = Map.groupBy(world.heard(), ({ jobId: id }) => id);
    for (const { id, reached } of jobs) {
      expect(heard.get(id)?.map(({ name }) => name)).toEqual(reached.map(({ milestone }) => milestone));
    }
    expect(world.heard()).toHaveLength(84);
  });
});

describe('what is waited for', () => {
  const STEPS: ReadonlyArray<[what: string, ms: number, restarts: boolean]> = [
    ['nothing happens', 0, false],
    ['the clock is set forward by a day', DAY, false],
    ['the clock is set back by a day', -DAY, false],
    ['the clock is set forward by a day and the watcher restarted', DAY, true],
    ['the clock is set back by a day and the watcher restarted', -DAY, true],
  ];

  it.each(STEPS)('comes as a reminder when it is due, while %s', async (_what, ms, restarts) => {
    const world = await aWorld({}, { remindEveryMs: 30 * MINUTE });
    const { time, source } = world;
    source.aheadMs = () => time.truth() - time.now();
    const started = begun(time, 1);
    source.jobs = [aJob([], started)];
    await time.pass(5 * MINUTE);
    source.jobs = [aJob(['failed'], started, 3), aJob([], begun(time, 2))];
    await time.pass(2 * MINUTE);
    expect(world.heard()).toHaveLength(2);

    time.step(ms);
    await time.pass(2 * MINUTE);
    if (restarts) await world.restart();
    await time.pass(24 * MINUTE);
    expect(world.heard()).toHaveLength(2);
    await time.pass(6 * MINUTE);
    expect(world.heard().map(({ name }) => name)).toEqual(['failed', 'started', 'started']);
    await time.pass(31 * MINUTE);
    expect(world.heard()).toHaveLength(4);
  });

  it.each(STEPS)(
    'comes to a fallback after ten minutes, not sooner or later, while %s',
    async (_what, ms, restarts) => {
      const fallbacks = [{ channel: 'oncall', fallback: 'dba', afterMs: 10 * MINUTE }];
      const world = await aWorld({}, { fallbacks });
      const { time, source, notifier } = world;
      source.aheadMs = () => time.truth() - time.now();
      notifier.answer = () => {
        throw new DeliveryError('unavailable', 'HTTP 503', { retryable: true });
      };
      await time.pass(2 * MINUTE);
      source.jobs = [aJob([], begun(time, 1))];
      await time.pass(MINUTE);
      expect(notifier.sends).toBeGreaterThan(0);

      time.step(ms);
      await time.pass(MINUTE);
      if (restarts) await world.restart();
      await time.pass(6 * MINUTE);
      expect(world.standInHeard()).toEqual([]);
      await time.pass(4 * MINUTE);
      expect(world.standInHeard().map(({ name }) => name)).toEqual(['started']);
      notifier.answer = () => undefined;
      await time.pass(15 * MINUTE);
      expect(world.heard().map(({ name }) => name)).toContain('started');
    },
  );
});
