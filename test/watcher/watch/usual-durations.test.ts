import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatcherEvent } from '../../../src/domain/event/event.ts';
import { describeEvent } from '../../../src/domain/event/message.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import type { RestoreJob } from '../../../src/domain/job/restore-job.ts';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import type { WatchLoop } from '../../../src/watcher/watch/watch-loop.ts';
import { aJob, aWatch, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const MEDIAN = 4 * MINUTE;

let store: Store;
let reads: number;
let source: FakeSource;
let clock: ManualClock;
let loop: WatchLoop | undefined;

beforeEach(async () => {
  const opened = await openNewStore();
  reads = 0;
  store = {
    ...opened,
    finishedDurations: (...args) => {
      reads += 1;
      return opened.finishedDurations(...args);
    },
  };
  source = createFakeSource();
  clock = createManualClock(T0);
});
afterEach(async () => {
  await loop?.stop(0);
  loop = undefined;
  await store.close();
});

/** As at the start of a process. */
async function begin(over: Partial<Watch> = {}): Promise<void> {
  await loop?.stop(0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  loop = createWatchLoop(
    {
      source,
      store,
      recorder: aRecorder({ store, clock, signals, logger }),
      clock,
      logger,
      faultLog: createFaultLog(logger, clock),
      signals,
      random: () => 0,
    },
    {
      watch: aWatch({ kind: 'cluster', apiVersion: 'v2', stalledAfter: 'auto', ...over }),
      gapMs: () => 30_000,
    },
  );
}

async function pollAfter(ms: number): Promise<void> {
  clock.advance(ms);
  await loop?.pollNow();
}

async function told(): Promise<WatcherEvent[]> {
  const { items } = await store.listEvents({ limit: 100 });
  return items.map(({ event }) => event).reverse();
}

async function toldNames(): Promise<string[]> {
  return (await told()).map(({ name }) => name);
}

/** Of 2,000 restores, the one that this share took less time than: spread about the median, with a long tail. */
function quantile(share: number): number {
  return Math.round(MEDIAN * (share / (1 - share)) ** 0.3);
}

/** One restore an hour, all over by now, the newest first; the long and the short ones mixed. */
function past(count: number, durationOf = quantile): RestoreJob[] {
  return Array.from({ length: count }, (_, n) => {
    const createdAt = T0 - (n + 2) * HOUR;
    const minutes = durationOf((((n * 7) % count) + 0.5) / count) / MINUTE;
    return aJob(['finished'], { id: jobId(n, createdAt), kind: 'cluster', createdAt }, minutes);
  });
}

function running(number: number, ageMs: number): RestoreJob {
  const createdAt = clock.now() - ageMs;
  return aJob([], { id: jobId(number, createdAt), kind: 'cluster', createdAt });
}

describe('a cluster that lists 2,000 restores on the first day', () => {
  /** At the poll after the baseline, half a minute later, one is at ten times the median and one at the 95th percentile. */
  beforeEach(async () => {
    const slow = running(5_001, 10 * MEDIAN - 30_000);
    const usual = running(5_002, quantile(0.95) - 30_000);
    source.jobs = [usual, slow, ...past(2_000)];
    await begin();
    await pollAfter(0);
  });

  const expectSlowTold = async (): Promise<void> => {
    const events = await told();
    expect(events.map((event) => [event.name, jobOf(event)?.id.slice(-4)])).toEqual([['stalled', '1389']]);
    const [event] = events;
    expect(event?.summary).toMatch(/ is still running after 40 min$/);
    expect(event?.note).toBe('9 of 10 like it took under 7 min 45 s.');
    const { facts, times } = describeEvent(event!);
    expect(facts).toContainEqual({
      label: 'Usually takes',
      value: '4 min, from 2000 restores',
      foreign: false,
    });
    expect(times).toContainEqual({ label: 'Was expected', at: T0 + 30_000 - 9 * MEDIAN });
  };

  it('hears of the job at ten times the median at the next poll, once, and not of one at the 95th percentile', async () => {
    expect(await told()).toEqual([]);
    await pollAfter(30_000);
    await expectSlowTold();
    await pollAfter(30_000);
    await expectSlowTold();
  });

  it('hears the same when the watcher is restarted right after the baseline', async () => {
    await begin();
    await pollAfter(30_000);
    await expectSlowTold();
    await begin();
    await pollAfter(30_000);
    await expectSlowTold();
  });

  it('asks for the history neither in an idle poll nor for a job that ends', async () => {
    await pollAfter(30_000);
    reads = 0;
    await pollAfter(30_000);
    source.jobs[0] = { ...aJob(['finished'], { ...source.jobs[0] }, 10) };
    await pollAfter(30_000);
    expect(reads).toBe(0);
    source.jobs.unshift(running(5_003, 0));
    await pollAfter(30_000);
    expect(reads).toBe(1);
    expect((await told()).at(-1)).toMatchObject({
      name: 'started',
      subject: { expectedEnd: { basis: 'history', at: clock.now() - 30_000 + MEDIAN, samples: 2_000 } },
    });
  });
});

describe('a cluster where restores take five hours', () => {
  it('does not hear of one at three hours, neither on the first day nor after a restart', async () => {
    source.jobs = [running(5_001, 3 * HOUR), ...past(40, () => 5 * HOUR)];
    await begin();
    await pollAfter(0);
    await pollAfter(30_000);
    await begin();
    await pollAfter(30_000);
    expect(await toldNames()).toEqual([]);
  });
});

describe('a cluster without a history', () => {
  it('hears of a job after two hours, and that nothing tells what is usual', async () => {
    await begin();
    await pollAfter(0);
    source.jobs = [running(1, 0), ...past(2)];
    await pollAfter(MINUTE);
    const startedNames = await toldNames();
    await pollAfter(2 * HOUR - 2 * MINUTE);
    expect(await toldNames()).toEqual(startedNames);
    await begin();
    await pollAfter(MINUTE);
    const events = (await told()).filter(({ name }) => name === 'stalled');
    expect(events).toHaveLength(1);
    expect(events[0]?.note).toBe(
      'Too few restores have finished here to tell what is usual (2); the limit is 2 h.',
    );
  });

  it('goes by two hours also where each poll is a process of its own', async () => {
    source.jobs = [running(1, 3 * HOUR)];
    for (let run = 0; run < 3; run += 1) {
      await begin();
      await pollAfter(MINUTE);
    }
    expect(await toldNames()).toEqual(['stalled']);
    expect((await told())[0]?.subject).toMatchObject({ expectedEnd: null });
  });
});

describe('what is usual', () => {
  it('is told apart by delivery type', async () => {
    const downloads = past(30, () => 90 * MINUTE).map((job) => ({ ...job, deliveryType: 'download' }));
    const restores = past(30).map((job, n) => ({ ...job, id: jobId(n + 100, job.createdAt) }));
    source.jobs = [
      { ...running(5_001, HOUR), deliveryType: 'download' },
      running(5_002, HOUR),
      ...restores,
      ...downloads,
    ];
    await begin();
    await pollAfter(0);
    await pollAfter(30_000);
    const events = await told();
    expect(events.map((event) => [event.name, jobOf(event)?.deliveryType])).toEqual([
      ['stalled', 'automated'],
    ]);
  });
});
