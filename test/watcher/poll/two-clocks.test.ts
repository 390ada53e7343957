import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { targetOf } from '../../../src/domain/job/watch.ts';
import { createSignals } from '../../../src/signals.ts';
import { createAtlasSource } from '../../../src/source/atlas-source.ts';
import { flexJobs } from '../../../src/source/kinds/flex.ts';
import type { JobSource } from '../../../src/source/source.ts';
import type { Store } from '../../../src/store/store.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import { pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aConnection } from '../../source/support.ts';
import { aMuteRequest, aRoute, aWatch, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const watch = aWatch({ kind: 'flex', apiVersion: 'v2' });
const STARTED_AT = T0 - HOUR;

let store: Store;
let clock: ManualClock;
let source: JobSource;
/** By how much the clock of whoever answers is ahead of the time that is right. */
let aheadMs: number;
let date: string | null;
let job: Record<string, unknown>;

beforeEach(async () => {
  store = await openNewStore();
  clock = createManualClock(T0);
  aheadMs = 0;
  date = null;
  job = {
    id: jobId(1, STARTED_AT),
    status: 'RUNNING',
    deliveryType: 'RESTORE',
    restoreScheduledDate: new Date(STARTED_AT).toISOString(),
  };
  const connection = aConnection('https://cloud.mongodb.com', {
    clock,
    fetch: async () => {
      const headers = { date: date ?? new Date(T0 + clock.monotonic() + aheadMs).toUTCString() };
      return new Response(JSON.stringify({ results: [job], links: [] }), { headers });
    },
  });
  source = createAtlasSource({ connection, clock, adapters: [flexJobs] });
});
afterEach(() => store.close());

/** Polls once, half a minute later. `stalled` after two hours. */
async function poll(): Promise<Array<{ name: string; suppressed: string | null; detectedAt: number }>> {
  clock.advance(30_000);
  const signals = createSignals(createRecordingLogger());
  const recorder = aRecorder({ store, clock, signals }, { routes: [aRoute({ events: ['*'] })] });
  const { events, failure } = await withEvents(signals, () =>
    pollTarget(
      { source, store, recorder, clock },
      {
        watch,
        target: targetOf(watch),
        lateAfterMs: 2 * MINUTE,
        signal: new AbortController().signal,
        isUrgent: false,
        depth: 'whole',
        newSince: null,
        notes: { pages: new Map(), jobs: new Map() },
        places: new Places(),
        timePolicyFor: () => ({ stalled: { afterMs: 2 * HOUR, note: null }, expiringWithinMs: HOUR }),
      },
    ),
  );
  expect(failure).toBeNull();
  return events.map(({ event, suppressed }) => ({
    name: event.name,
    suppressed,
    detectedAt: event.detectedAt,
  }));
}

const names = async (): Promise<string[]> => (await poll()).map(({ name }) => name);

describe('what cannot be taken back', () => {
  it('is not told for one answer six hours ahead, nor for every second one', async () => {
    expect(await names()).toEqual([]);
    for (const ahead of [6 * HOUR, 0, 6 * HOUR, 0, 6 * HOUR, 0]) {
      aheadMs = ahead;
      expect(await names()).toEqual([]);
    }
  });

  it('is told at the second poll in a row that shows that time, which our own clock is behind', async () => {
    await poll();
    aheadMs = 6 * HOUR;
    expect(await names()).toEqual([]);
    expect(await names()).toEqual(['stalled']);
    expect(await names()).toEqual([]);
  });

  it('is not told by our own clock from the first answer on that shows that it is ahead', async () => {
    clock.set(T0 + 24 * HOUR);
    for (let times = 0; times < 4; times += 1) expect(await names()).toEqual([]);
  });

  it.each([
    '0',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Tue, 03 Nov 2093 08:00:00 GMT',
  ])('is not told for a date beyond belief, and does not wait for it: %s', async (beyond) => {
    date = beyond;
    expect(await names()).toEqual([]);
    expect(await names()).toEqual([]);
    clock.advance(2 * HOUR);
    const [stalled] = await poll();
    expect(stalled).toEqual({ name: 'stalled', suppressed: null, detectedAt: clock.now() });
  });

  it('is neither that a link has run out by the clock', async () => {
    job = {
      ...job,
      deliveryType: 'DOWNLOAD',
      status: 'COMPLETED',
      expirationDate: new Date(T0 + 3 * HOUR).toISOString(),
    };
    await poll();
    aheadMs = 6 * HOUR;
    expect(await names()).toEqual([]);
    aheadMs = 0;
    expect(await names()).toEqual([]);
    aheadMs = 6 * HOUR;
    await poll();
    expect(await names()).toEqual(['expired']);
  });
});

describe('a mute', () => {
  it('holds by the clock of this machine, whatever Atlas’s shows', async () => {
    const { id } = await store.addMute(aMuteRequest({ until: T0 + HOUR }));
    aheadMs = 6 * HOUR;
    await poll();
    expect(await poll()).toMatchObject([{ name: 'stalled', suppressed: 'muted' }]);
    await store.removeMute(id, clock.now(), 'ann');
  });

  it('is over by the clock of this machine, while Atlas’s is behind', async () => {
    await store.addMute(aMuteRequest({ until: T0 + HOUR }));
    aheadMs = -6 * HOUR;
    await poll();
    clock.advance(2 * HOUR);
    await poll();
    job = { ...job, status: 'FAILED', restoreFinishedDate: new Date(clock.now()).toISOString() };
    expect(await poll()).toMatchObject([{ name: 'failed', suppressed: null }]);
  });
});
