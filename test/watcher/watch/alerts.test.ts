import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { SourceError, StoreError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import type { WatchLoop } from '../../../src/watcher/watch/watch-loop.ts';
import { aJob, aMuteRequest, aRoute, aWatch, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const ALL = aRoute();

let store: Store;
let source: FakeSource;
let clock: ManualClock;
let loop: WatchLoop;

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  clock = createManualClock(T0);
});
afterEach(async () => {
  await loop.stop(0);
  await store.close();
});

/** As at the start of a process: what was told before is known from the store alone. */
async function begin(over: Partial<Watch> = {}): Promise<void> {
  await loop?.stop(0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  loop = createWatchLoop(
    {
      source,
      store,
      recorder: aRecorder({ store, clock, signals, logger }, { routes: [ALL] }),
      clock,
      logger,
      faultLog: createFaultLog(logger, clock),
      signals,
      random: () => 0,
    },
    { watch: aWatch(over), gapMs: () => 30_000 },
  );
}

async function pollAfter(ms: number): Promise<void> {
  clock.advance(ms);
  await loop.pollNow();
}

async function told(): Promise<string[]> {
  const { items } = await store.listEvents({ limit: 100 });
  return items.map(({ event }) => event.name).reverse();
}

describe('a watch that cannot be polled', () => {
  beforeEach(async () => {
    await begin();
    await pollAfter(0);
    source.fault = new SourceError('auth', 'the key is refused', { hint: 'Check the key.' });
  });

  it('is told of once it has lasted for failingAfter, with the reason and the hint', async () => {
    await pollAfter(30_000);
    await pollAfter(4 * MINUTE);
    expect(await told()).toEqual([]);
    await pollAfter(MINUTE);
    const [failing] = (await store.listEvents({ limit: 1 })).items;
    expect(failing?.event).toMatchObject({
      name: 'watch_failing',
      severity: 'critical',
      note: 'Check the key.',
    });
    expect(failing?.event.summary).toContain('the key is refused');
    expect((await store.listDeliveries({ limit: 5 })).items).toHaveLength(1);
  });

  it('is told of in time even when the next poll is far off', async () => {
    await pollAfter(30_000);
    clock.advance(5 * MINUTE);
    loop.beat();
    loop.beat();
    await expect.poll(told).toEqual(['watch_failing']);
  });

  it('is told of once, also across a restart, and again when it recovers', async () => {
    await pollAfter(30_000);
    await pollAfter(6 * MINUTE);
    await pollAfter(6 * MINUTE);
    await begin();
    await pollAfter(6 * MINUTE);
    await pollAfter(6 * MINUTE);
    expect(await told()).toEqual(['watch_failing']);
    source.fault = null;
    await pollAfter(MINUTE);
    await pollAfter(MINUTE);
    expect(await told()).toEqual(['watch_failing', 'watch_recovered']);
  });

  it('is told of once, and its end too, though the answers to the commits are lost', async () => {
    const { commitAlerts } = store;
    let lost = 0;
    store.commitAlerts = async (commit) => {
      await commitAlerts(commit);
      // What is raised and cleared without an event is none of what is tried here.
      if (commit.events.length === 0) return;
      lost += 1;
      throw new StoreError('unavailable', 'the connection was lost', { isInDoubt: true });
    };
    await pollAfter(30_000);
    await pollAfter(6 * MINUTE);
    await pollAfter(6 * MINUTE);
    expect(await told()).toEqual(['watch_failing']);
    source.fault = null;
    await pollAfter(MINUTE);
    await pollAfter(MINUTE);
    expect(await told()).toEqual(['watch_failing', 'watch_recovered']);
    expect(lost).toBe(2);
  });

  it('is told of again once others have been able to mend it for as long, also after a restart', async () => {
    await pollAfter(30_000);
    await pollAfter(6 * MINUTE);
    source.fault = new SourceError('refused', 'the address is not on the access list');
    await pollAfter(10 * MINUTE);
    await pollAfter(10 * MINUTE);
    expect(await told()).toEqual(['watch_failing']);
    await begin();
    source.fault = new SourceError('unavailable', 'Atlas is away');
    await pollAfter(MINUTE);
    await pollAfter(4 * MINUTE);
    expect(await told()).toEqual(['watch_failing']);
    await pollAfter(2 * MINUTE);
    await pollAfter(10 * MINUTE);
    expect(await told()).toEqual(['watch_failing', 'watch_failing']);
    const [again] = (await store.listEvents({ limit: 1 })).items;
    expect(again?.event.summary).toMatch(
      /^Watch orders cannot be polled for .*, now for another reason: Atlas is away/,
    );
    source.fault = null;
    await pollAfter(MINUTE);
    expect(await told()).toEqual(['watch_failing', 'watch_failing', 'watch_recovered']);
    expect([...(await store.readAlerts()).keys()]).toEqual([]);
  });

  it('is told of though the watch is muted, unless the mute names it', async () => {
    const fates = async () =>
      (await store.listEvents({ limit: 9 })).items.map(({ event, suppressed }) => [event.name, suppressed]);
    await store.addMute(aMuteRequest());
    await pollAfter(30_000);
    await pollAfter(6 * MINUTE);
    source.fault = null;
    await pollAfter(MINUTE);
    expect(await fates()).toEqual([
      ['watch_recovered', null],
      ['watch_failing', null],
    ]);
    await store.addMute(aMuteRequest({ events: ['watch_failing'] }));
    source.fault = new SourceError('auth', 'the key is refused');
    await pollAfter(30_000);
    await pollAfter(6 * MINUTE);
    expect((await fates())[0]).toEqual(['watch_failing', 'muted']);
  });

  describe('by processes that live for less than failingAfter', () => {
    /** One poll and the end, as by a crash loop or a cron job. */
    async function liveShortly(after: number): Promise<void> {
      await begin();
      await pollAfter(after);
    }

    it('is told of once it has lasted for that long', async () => {
      await liveShortly(30_000);
      await liveShortly(2 * MINUTE);
      await liveShortly(2 * MINUTE);
      expect(await told()).toEqual([]);
      await liveShortly(MINUTE);
      await liveShortly(MINUTE);
      expect(await told()).toEqual(['watch_failing']);
      expect(loop.status().fault?.since).toBe(T0 + 30_000);
      const [failing] = (await store.listEvents({ limit: 1 })).items;
      expect(failing?.event.summary).toContain('for 5 min');
      source.fault = null;
      await liveShortly(MINUTE);
      expect(await told()).toEqual(['watch_failing', 'watch_recovered']);
    });

    it('is no news when it recovers in between', async () => {
      const { fault } = source;
      await liveShortly(30_000);
      source.fault = null;
      await liveShortly(MINUTE);
      source.fault = fault;
      await liveShortly(10 * MINUTE);
      expect(await told()).toEqual([]);
    });

    it.each([
      ['back by an hour', -HOUR],
      ['on by a year', 365 * 24 * HOUR],
    ])('is counted anew when the clock was set %s', async (_, stepMs) => {
      await liveShortly(30_000);
      clock.set(clock.now() + stepMs);
      await liveShortly(MINUTE);
      expect(await told()).toEqual([]);
      await liveShortly(5 * MINUTE);
      expect(await told()).toEqual(['watch_failing']);
    });

    it('is not told of early when the clock steps within one process', async () => {
      await liveShortly(30_000);
      clock.set(clock.now() + HOUR);
      await pollAfter(MINUTE);
      expect(await told()).toEqual([]);
    });

    it('is kept in time although the store could not be written at first', async () => {
      const { commitAlerts } = store;
      store.commitAlerts = async () => {
        throw new StoreError('unavailable', 'the disk is full');
      };
      await liveShortly(30_000);
      store.commitAlerts = commitAlerts;
      await pollAfter(MINUTE);
      await liveShortly(4 * MINUTE);
      expect(await told()).toEqual(['watch_failing']);
    });
  });

  it('is no news when it recovers in time', async () => {
    await pollAfter(30_000);
    source.fault = null;
    await pollAfter(30_000);
    await pollAfter(10 * MINUTE);
    expect(await told()).toEqual([]);
  });
});

describe('what only time tells of a job', () => {
  it('is told once, also across a restart', async () => {
    await begin({ stalledAfter: 30 * MINUTE });
    await pollAfter(0);
    source.jobs = [aJob([], { id: jobId(2), createdAt: T0 + MINUTE })];
    await pollAfter(2 * MINUTE);
    await pollAfter(30 * MINUTE);
    await begin({ stalledAfter: 30 * MINUTE });
    await pollAfter(30 * MINUTE);
    expect(await told()).toEqual(['started', 'stalled']);
  });

  it('waits while the watch is blind, and is not told of a job that ended meanwhile', async () => {
    await begin({ stalledAfter: 30 * MINUTE });
    await pollAfter(0);
    source.jobs = [aJob()];
    await pollAfter(MINUTE);
    source.fault = new SourceError('unavailable', 'away');
    await pollAfter(2 * HOUR);
    source.fault = null;
    source.jobs = [aJob(['finished'])];
    await pollAfter(MINUTE);
    const names = await told();
    expect(names).toContain('finished');
    expect(names).not.toContain('stalled');
  });

  it('says "auto" from the history of the instance', async () => {
    source.jobs = Array.from({ length: 40 }, (_, n) => {
      const createdAt = T0 - (n + 1) * HOUR;
      return aJob(['finished'], { id: jobId(n, createdAt), createdAt }, 4);
    });
    await begin({ stalledAfter: 'auto' });
    await pollAfter(0);
    source.jobs.unshift(aJob([], { id: jobId(99, T0), createdAt: T0 }));
    await pollAfter(5 * MINUTE);
    expect(await told()).toEqual(['started']);
    await pollAfter(36 * MINUTE);
    const [stalled] = (await store.listEvents({ limit: 1 })).items;
    expect(stalled?.event.summary).toContain('is still running after 41 min');
    expect(stalled?.event.note).toBe('9 of 10 like it took under 4 min 1 s.');
  });
});
