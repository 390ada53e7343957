import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aboutKey } from '../../../src/domain/event/alert.ts';
import type { WatcherEvent } from '../../../src/domain/event/event.ts';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { SourceError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { createElsewhere } from '../../../src/watcher/remind/elsewhere.ts';
import { createVisibility } from '../../../src/watcher/remind/visibility.ts';
import type { ChannelStatus } from '../../../src/watcher/status.ts';
import { FAILING_SINCE } from '../../../src/watcher/watch/journal/failing-memory.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import type { WatchLoop } from '../../../src/watcher/watch/watch-loop.ts';
import { aJob, anEvent, aWatch, GROUP_ID, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const STARTED = anEvent('started');
const WATCH_FAILING = anEvent('watch_failing');
const DRILL_OVERDUE = anEvent('drill_overdue');
const CHANNEL_FAILING = anEvent('channel_failing', { channel: 'siem' });

let store: Store;
let source: FakeSource;
let clock: ManualClock;
let loop: WatchLoop | null;
let watches: Watch[];
let channels: Array<Pick<ChannelStatus, 'channel' | 'failing'>>;

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  clock = createManualClock(T0);
  channels = [];
});
afterEach(async () => {
  await loop?.stop(0);
  await store.close();
});

function watching(over: Partial<Watch> = {}): void {
  const logger = createRecordingLogger();
  watches = [aWatch(over)];
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
    { watch: aWatch(over), gapMs: () => 30_000 },
  );
}

function visibilityOf(event: WatcherEvent): string {
  const visibility = createVisibility({
    watches: () => watches,
    loopOf: () => loop,
    channels: () => channels,
  });
  return visibility(event).kind;
}

describe('a job can be seen', () => {
  it('from the first successful poll of the process on, for as long as polls succeed in time', async () => {
    watching();
    expect(visibilityOf(STARTED)).toBe('blind');
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('seen');
    clock.advance(HOUR);
    expect(visibilityOf(STARTED)).toBe('blind');
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('seen');
    loop?.stoodStill(HOUR);
    expect(visibilityOf(STARTED)).toBe('blind');
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('seen');
    source.fault = new SourceError('unavailable', 'away');
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('blind');
  });

  it('with the labels that its instance has now', async () => {
    watching({ labels: { team: 'shop' } });
    await loop?.pollNow();
    const visibility = createVisibility({ watches: () => watches, loopOf: () => loop, channels: () => [] })(
      STARTED,
    );
    expect(visibility).toEqual({ kind: 'seen', labels: { team: 'shop' }, fault: null, aheadMs: 0 });
  });

  it('again after a moment when its watch begins anew', async () => {
    watching();
    await loop?.stop(0);
    loop = null;
    expect(visibilityOf(STARTED)).toBe('blind');
  });

  it.each<[string, Partial<Watch>]>([
    ['another instance', { instanceName: 'ledger' }],
    ['another project', { groupId: '5f0e1d2c3b4a596877665544' }],
    ['another kind of job', { kind: 'flex' }],
    ['other jobs', { restoreJobIds: [jobId(7)] }],
    ['nothing: it has another name', { name: 'ledger' }],
  ])('no more by a watch that now looks at %s', async (_, over) => {
    watching(over);
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('unwatched');
  });

  it('by a watch that finds its instances itself until a look shows that the instance has gone, with nothing open there', async () => {
    watching({ instanceName: '*' });
    source.instances.set(GROUP_ID, [{ instanceName: 'orders', name: 'orders', tags: {} }]);
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('seen');
    source.instances.set(GROUP_ID, []);
    clock.advance(11 * MINUTE);
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('unwatched');
  });

  it('where it is polled, by what that is called there: Ops Manager polls by an id and shows a name', async () => {
    const instance = { groupId: GROUP_ID, kind: 'legacy' as const, instanceName: '64b0c1d2e3f4a5b6c7d8e9aa' };
    const job = aJob([], { kind: 'legacy', instanceName: 'orders' });
    const started = anEvent('started', { instance, job });
    watching({ kind: 'legacy', apiVersion: 'public', instanceName: instance.instanceName });
    await loop?.pollNow();
    expect(visibilityOf(started)).toBe('seen');
    expect(visibilityOf({ ...started, subject: STARTED.subject })).toBe('unwatched');
  });

  it('when it is one of those that the watch names', async () => {
    watching({ restoreJobIds: [jobId(1)] });
    source.jobs = [aJob()];
    await loop?.pollNow();
    expect(visibilityOf(STARTED)).toBe('seen');
  });
});

describe('a watch can be seen', () => {
  it('to fail from the first failed poll on, with what is wrong', async () => {
    watching();
    source.fault = new SourceError('auth', 'the key is refused', { hint: 'Check the key.' });
    expect(visibilityOf(WATCH_FAILING)).toBe('blind');
    await loop?.pollNow();
    const visibility = createVisibility({ watches: () => watches, loopOf: () => loop, channels: () => [] })(
      WATCH_FAILING,
    );
    expect(visibility).toMatchObject({
      kind: 'seen',
      fault: { message: 'the key is refused', hint: 'Check the key.' },
    });
  });

  it('to be overdue while it can be polled and restores are expected', async () => {
    watching({ expectRestoreEveryMs: HOUR });
    expect(visibilityOf(DRILL_OVERDUE)).toBe('blind');
    await loop?.pollNow();
    expect(visibilityOf(DRILL_OVERDUE)).toBe('seen');
  });
});

describe('a channel can be seen', () => {
  it('to fail while it is configured and does', () => {
    watching();
    expect(visibilityOf(CHANNEL_FAILING)).toBe('unwatched');
    channels = [{ channel: 'siem', failing: null }];
    expect(visibilityOf(CHANNEL_FAILING)).toBe('blind');
    channels = [{ channel: 'siem', failing: { since: T0, detail: 'HTTP 503' } }];
    expect(visibilityOf(CHANNEL_FAILING)).toBe('seen');
  });
});

describe('a job of which another replica polls the project', () => {
  it('cannot be seen while what is polled there fails, by what that is called there', async () => {
    const place = { groupId: GROUP_ID, projectName: null, instanceName: '64b0c1d2e3f4a5b6c7d8e9aa' };
    const instance = { ...place, kind: 'legacy' as const };
    const started = anEvent('started', {
      instance,
      job: aJob([], { kind: 'legacy', instanceName: 'orders' }),
    });
    watching({ kind: 'legacy', apiVersion: 'public', instanceName: '*' });
    const status = { ...loop!.status(), polledBy: 'replica b' };
    const elsewhere = createElsewhere({
      store,
      clock,
      status: () => ({ watches: [status], channels: [] }),
    });
    const seen = async () => {
      await elsewhere.prepare();
      return elsewhere.visibilityOf(started)?.kind;
    };
    await store.noteSuccesses(new Map([['orders', clock.now()]]), clock.now());
    expect(await seen()).toBe('seen');
    const key = `${FAILING_SINCE}/${aboutKey('orders', place)}`;
    await store.commitAlerts({ raise: [key], clear: [], at: clock.now(), events: [], audit: [] });
    expect(await seen()).toBe('blind');
  });
});
