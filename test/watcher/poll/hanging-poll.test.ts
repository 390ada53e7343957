import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { StoreError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals, type WatcherSignals } from '../../../src/signals.ts';
import type { JobPage } from '../../../src/source/source.ts';
import type { PollCommit } from '../../../src/store/ports/jobs.ts';
import type { Store } from '../../../src/store/store.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import type { WatchLoop } from '../../../src/watcher/watch/watch-loop.ts';
import { aJob, aRoute, aWatch, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { quietStore } from '../../support/quiet-store.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

let store: Store;
let source: FakeSource;
let clock: ManualClock;
let signals: Signals;
let loop: WatchLoop;
let commits: PollCommit[];
/** Resolves when nothing is asked of the store any more. */
let quiet: () => Promise<void>;
let polls: Array<WatcherSignals['poll:finished']>;

beforeEach(async () => {
  const opened = await openNewStore();
  commits = [];
  const counted = quietStore({
    ...opened,
    commitPoll: async (commit) => {
      const isWritten = await opened.commitPoll(commit);
      commits.push(commit);
      return isWritten;
    },
  });
  ({ store, quiet } = counted);
  source = createFakeSource();
  clock = createManualClock(T0);
  const logger = createRecordingLogger();
  signals = createSignals(logger);
  polls = [];
  signals.on('poll:finished', (poll) => polls.push(poll));
});
afterEach(async () => {
  await loop.stop(0);
  await store.close();
});

function begin(over: Partial<Watch> = {}): void {
  const logger = createRecordingLogger();
  loop = createWatchLoop(
    {
      source,
      store,
      clock,
      recorder: aRecorder({ store, clock, signals, logger }, { routes: [aRoute()] }),
      logger,
      faultLog: createFaultLog(logger, clock),
      signals,
      random: () => 0,
    },
    { watch: aWatch(over), gapMs: () => 30_000 },
  );
}

/** Pages that come when the test says so; an abort changes nothing, as with a source that does not listen. */
function deafListing(): { give(page: JobPage): void; end(): void; waits: Array<() => () => void> } {
  const waits: Array<() => () => void> = [];
  let next = Promise.withResolvers<JobPage | null>();
  source.listJobs = async function* (_target, { onWait }) {
    source.listings += 1;
    if (onWait) waits.push(onWait);
    const mine = source.listings;
    for (;;) {
      const page = await next.promise;
      if (page === null || mine !== 1) return;
      yield page;
    }
  };
  const give = (page: JobPage | null): void => {
    const { resolve } = next;
    next = Promise.withResolvers();
    resolve(page);
  };
  return { give, end: () => give(null), waits };
}

function aPage(number: number): JobPage {
  const job = aJob(['failed'], { id: jobId(number) });
  return { count: 1, hasNext: true, readings: () => [{ kind: 'job', job }] };
}

async function live(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 1_000) {
    clock.advance(1_000);
    loop.beat();
    await quiet();
  }
}

async function told(): Promise<string[]> {
  const { items } = await store.listEvents({ limit: 100 });
  return items.map(({ event }) => event.name).reverse();
}

describe('a poll that never settles', () => {
  it('is left behind after failingAfter, told as the failing of its watch, and another one begins', async () => {
    deafListing();
    begin();
    const poll = loop.pollNow();
    await live(5 * MINUTE - 1_000);
    expect(await told()).toEqual([]);
    await live(1_000);
    const report = await poll;
    expect(report.failure).toMatchObject({ name: 'SourceError', reason: 'timeout' });
    expect(polls).toMatchObject([{ outcome: 'failed', durationMs: 5 * MINUTE + 3_000 }]);
    expect(await told()).toEqual(['watch_failing']);
    expect(loop.status()).toMatchObject({ consecutiveFailures: 1, fault: { reason: 'timeout', since: T0 } });

    source.listJobs = createFakeSource().listJobs;
    await loop.pollNow();
    expect(await told()).toEqual(['watch_failing', 'watch_recovered']);
  });

  it('is remembered and written down, though the clock that measures it counts fractions of a millisecond', async () => {
    deafListing();
    begin();
    const poll = loop.pollNow();
    clock.advance(0.37);
    await live(5 * MINUTE);
    await poll;
    expect(loop.status().fault?.since).toBe(T0);
    expect((await store.readAlerts()).get('failing_since/orders')).toBe(T0);
    const kinds = (await store.readAudit(0, 99)).map(({ kind }) => kind);
    expect(kinds).toContain('poll.failed');
  });

  it('is told of in time also where that is sooner than any poll is cut short', async () => {
    deafListing();
    begin({ failingAfterMs: MINUTE });
    const poll = loop.pollNow();
    await live(MINUTE);
    expect(await told()).toEqual(['watch_failing']);
    expect(polls).toEqual([]);
    await live(2 * MINUTE);
    await poll;
    expect(await told()).toEqual(['watch_failing']);
  });

  it('shows in the status of its watch while it is in hand', async () => {
    deafListing();
    begin();
    void loop.pollNow();
    await live(59_000);
    expect(loop.status().fault).toBeNull();
    await live(1_000);
    expect(loop.status().fault).toMatchObject({
      reason: 'timeout',
      message: 'nothing has come of the poll in hand for 1 min',
      since: T0,
    });
    clock.advance(0.37);
    expect(loop.status().fault?.since).toBe(T0);
  });

  it('writes nothing any more when it comes to life after all', async () => {
    const { give, end } = deafListing();
    begin();
    const poll = loop.pollNow();
    await live(5 * MINUTE);
    await poll;
    source.listJobs = createFakeSource().listJobs;
    await loop.pollNow();
    expect(commits).toHaveLength(1);
    give(aPage(1));
    await quiet();
    end();
    await quiet();
    expect(commits).toHaveLength(1);
    expect(await told()).toEqual(['watch_failing', 'watch_recovered']);
  });

  it('does not hold up the end of its watch', async () => {
    deafListing();
    begin();
    void loop.pollNow();
    await loop.stop(0);
    expect(polls).toEqual([]);
  });
});

describe('a poll that takes long', () => {
  it('goes on as long as pages come', async () => {
    const { give, end } = deafListing();
    begin();
    const poll = loop.pollNow();
    for (let page = 1; page <= 10; page += 1) {
      await live(4 * MINUTE);
      give(aPage(page));
    }
    await quiet();
    end();
    expect(await poll).toMatchObject({ failure: null, jobs: 10 });
    expect(await told()).toEqual([]);
  });

  it('goes on while it waits for its turn in the budget', async () => {
    const { give, end, waits } = deafListing();
    begin();
    const poll = loop.pollNow();
    await live(1_000);
    const onTurn = waits[0]?.();
    await live(30 * MINUTE);
    expect(loop.status().fault).toBeNull();
    onTurn?.();
    await live(4 * MINUTE);
    give(aPage(1));
    await quiet();
    end();
    expect(await poll).toMatchObject({ failure: null });
  });
});

it('looks as often as ever while only the store fails', async () => {
  begin();
  const { commitPoll } = store;
  store.commitPoll = async () => {
    throw new StoreError('unavailable', 'the disk is full');
  };
  await loop.pollNow();
  loop.tick();
  await quiet();
  await expect.poll(() => polls).toHaveLength(2);
  store.commitPoll = commitPoll;
  loop.tick();
  await expect.poll(() => polls.at(-1)?.outcome).toBe('ok');
});
