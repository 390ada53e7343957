import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { targetOf, type Watch } from '../../../src/domain/job/watch.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import { type PollInput, pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aJob, aWatch, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

let store: Store;
let source: FakeSource;
let clock: ManualClock;

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  clock = createManualClock(T0);
});
afterEach(() => store.close());

/** One poll of a watch that may have been configured anew. Gives the ids of what it told. */
async function poll(watch: Watch): Promise<string[]> {
  clock.advance(30_000);
  const signals = createSignals(createRecordingLogger());
  const recorder = aRecorder({ store, clock, signals });
  const input: PollInput = {
    watch,
    target: targetOf(watch),
    lateAfterMs: 2 * MINUTE,
    signal: new AbortController().signal,
    isUrgent: false,
    depth: 'whole',
    newSince: null,
    notes: { pages: new Map(), jobs: new Map() },
    places: new Places(),
    timePolicyFor: () => ({ stalled: null, expiringWithinMs: null }),
  };
  const { events } = await withEvents(signals, () => pollTarget({ source, store, recorder, clock }, input));
  return events.map(({ event }) => `${event.name} ${jobOf(event)?.id}`);
}

describe('a watch whose job ids are taken out of the configuration', () => {
  const named = aWatch({ restoreJobIds: [jobId(1)] });
  const listing = aWatch();

  beforeEach(() => {
    source.jobs = [1, 2, 3].map((number) => aJob(['finished'], { id: jobId(number) }));
  });

  it('takes what the first listing finds for the baseline, not for news', async () => {
    expect(await poll(named)).toEqual([`started ${jobId(1)}`, `finished ${jobId(1)}`]);
    expect(await poll(listing)).toEqual([]);
    source.jobs.push(aJob([], { id: jobId(4) }));
    expect(await poll(listing)).toEqual([`started ${jobId(4)}`]);
  });

  it('goes on where it was with the job that had been named', async () => {
    source.jobs = [aJob([], { id: jobId(1) })];
    expect(await poll(named)).toEqual([`started ${jobId(1)}`]);
    source.jobs = [aJob(['failed'], { id: jobId(1) })];
    expect(await poll(listing)).toEqual([`failed ${jobId(1)}`]);
  });

  it('writes nothing while named jobs stay as they are', async () => {
    source.jobs = [aJob([], { id: jobId(1) })];
    await poll(named);
    const before = await store.auditHead();
    await poll(named);
    expect(await store.auditHead()).toEqual(before);
  });
});
