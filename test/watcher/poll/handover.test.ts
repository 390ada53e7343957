import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { targetOf, type Watch } from '../../../src/domain/job/watch.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { PruneWalk } from '../../../src/watcher/keep/walk.ts';
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

/** One poll of a watch. Gives what it told, by whom. */
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

describe('an instance that another watch had before', () => {
  const before = aWatch({ name: 'before' });
  const after = aWatch({ name: 'after' });

  it('has the end told of a job that ran when it changed hands, and nothing of the past', async () => {
    source.jobs = [aJob(['finished'], { id: jobId(1) }), aJob([], { id: jobId(2) })];
    expect(await poll(before)).toEqual([]);
    source.jobs = [
      aJob(['finished'], { id: jobId(1) }),
      aJob(['failed'], { id: jobId(2) }),
      aJob(['finished'], { id: jobId(3) }),
    ];
    expect(await poll(after)).toEqual([`failed ${jobId(2)}`]);
    expect(await poll(after)).toEqual([]);
  });

  it('has nothing told again, though announceExisting asks for what was there', async () => {
    await poll(before);
    source.jobs = [aJob(['finished'], { id: jobId(1) })];
    expect(await poll(before)).toEqual([`started ${jobId(1)}`, `finished ${jobId(1)}`]);
    expect(await poll({ ...after, announceExisting: true })).toEqual([]);
  });

  it('comes back without what was told meanwhile', async () => {
    await poll(after);
    await poll(before);
    source.jobs = [aJob(['finished'], { id: jobId(1) }), aJob([], { id: jobId(2) })];
    expect(await poll(before)).toHaveLength(3);
    source.jobs = [aJob(['finished'], { id: jobId(1) }), aJob(['cancelled'], { id: jobId(2) })];
    expect(await poll(after)).toEqual([`cancelled ${jobId(2)}`]);
    expect(await poll(after)).toEqual([]);
  });

  it('is told of once where a watch gets its old name back', async () => {
    source.jobs = [aJob([], { id: jobId(1) }), aJob([], { id: jobId(2) })];
    await poll(before);
    source.jobs = [aJob(['finished'], { id: jobId(1) }), aJob([], { id: jobId(2) })];
    expect(await poll(after)).toEqual([`finished ${jobId(1)}`]);
    source.jobs = [aJob(['finished'], { id: jobId(1) }), aJob(['failed'], { id: jobId(2) })];
    expect(await poll(before)).toEqual([`failed ${jobId(2)}`]);
    expect(await poll(before)).toEqual([]);
    const kept = await store.readObservations('before', [jobId(1), jobId(2)]);
    expect([...kept.values()].map(({ state }) => state)).toEqual(['finished', 'failed']);
    expect(
      (await store.readTarget('before/serverless/64b0c1d2e3f4a5b6c7d8e9f0/orders', clock.now()))?.followed,
    ).toEqual([]);
  });

  it('is told of once where a watch that names its jobs gets its old name back', async () => {
    const named = { restoreJobIds: [jobId(1)] };
    source.jobs = [aJob([], { id: jobId(1) })];
    expect(await poll({ ...before, ...named })).toEqual([`started ${jobId(1)}`]);
    source.jobs = [aJob(['finished'], { id: jobId(1) })];
    await poll({ ...after, ...named });
    expect(await poll({ ...before, ...named })).toEqual([]);
  });

  it('asks for no job that another watch has seen end, where a watch gets its old name back', async () => {
    source.jobs = [aJob([], { id: jobId(1) })];
    await poll(before);
    source.jobs = [aJob(['finished'], { id: jobId(1) })];
    await poll(after);
    source.jobs = [];
    source.asked.length = 0;
    expect(await poll(before)).toEqual([]);
    expect(source.asked).toEqual([]);
  });

  it('is told once of a job that was pruned of both, and writes nothing of it', async () => {
    const named = { restoreJobIds: [jobId(1)] };
    const prune = async (): Promise<void> => {
      const walk = new PruneWalk({ store, clock }, clock.now() + 1);
      while (!walk.hasEnded) await walk.step();
      expect((await store.listObservations({ limit: 9 })).items).toEqual([]);
    };
    source.jobs = [aJob(['finished'], { id: jobId(1) })];
    await poll({ ...before, ...named });
    await prune();
    source.jobs = [aJob(['finished', 'expired'], { id: jobId(1) })];
    expect(await poll({ ...after, ...named })).toHaveLength(3);
    await prune();
    for (const watch of [before, after]) expect(await poll({ ...watch, ...named })).toEqual([]);
    expect((await store.listObservations({ limit: 9 })).items).toEqual([]);
  });

  it('is told of by both where both follow it, each by what it has seen', async () => {
    const [one, other] = [
      { ...before, alongside: ['after'] },
      { ...after, alongside: ['before'] },
    ];
    await poll(one);
    await poll(other);
    source.jobs = [aJob([], { id: jobId(1) })];
    expect(await poll(one)).toEqual([`started ${jobId(1)}`]);
    expect(await poll(other)).toEqual([`started ${jobId(1)}`]);
  });

  it('is another one in another project', async () => {
    source.jobs = [aJob([], { id: jobId(1) })];
    await poll({ ...before, groupId: 'a'.repeat(24) });
    source.jobs = [aJob(['failed'], { id: jobId(1) })];
    expect(await poll(after)).toEqual([]);
  });
});
