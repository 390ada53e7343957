import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PlannedEvent } from '../../../src/domain/event/plan.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { targetOf, type Watch } from '../../../src/domain/job/watch.ts';
import type { Route } from '../../../src/domain/telling/routing.ts';
import { SourceError } from '../../../src/errors.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import {
  type AnswerNotes,
  type PollInput,
  type PollReport,
  pollTarget,
} from '../../../src/watcher/poll/poll.ts';
import {
  aJob,
  aMuteRequest,
  aRoute,
  aWatch,
  jobId,
  jobSubjectOf,
  MINUTE,
  T0,
} from '../../support/builders.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

type Polled = PollReport & { events: PlannedEvent[] };

const TO_ONCALL = aRoute();

let store: Store;
let source: FakeSource;
let clock: ManualClock;
let watch: Watch;
let notes: AnswerNotes;
let places: Places;

beforeEach(async () => {
  store = await openNewStore();
  source = createFakeSource();
  clock = createManualClock(T0);
  watch = aWatch();
  notes = { pages: new Map(), jobs: new Map() };
  places = new Places();
});
afterEach(() => store.close());

async function poll(routes: Route[] = [TO_ONCALL], depth: 'newest' | 'whole' = 'whole'): Promise<Polled> {
  clock.advance(30_000);
  const signals = createSignals(createRecordingLogger());
  const recorder = aRecorder({ store, clock, signals }, { routes });
  const input: PollInput = {
    watch,
    target: targetOf(watch),
    lateAfterMs: 2 * MINUTE,
    signal: new AbortController().signal,
    isUrgent: false,
    depth,
    newSince: null,
    notes,
    places,
    timePolicyFor: () => ({ stalled: null, expiringWithinMs: null }),
  };
  return withEvents(signals, () => pollTarget({ source, store, recorder, clock }, input));
}

function told(report: Polled): string[] {
  return report.events.map(
    ({ event }) =>
      `${event.name} ${jobOf(event)?.id ?? ''}${jobSubjectOf(event).inferred ? ' inferred' : ''}`,
  );
}

describe('a watch of a whole instance', () => {
  it('takes 300 ended jobs for the baseline and announces none of them, also after a restart', async () => {
    source.jobs = Array.from({ length: 300 }, (_, n) => aJob(['finished'], { id: jobId(n) }));
    expect(told(await poll())).toEqual([]);
    expect(told(await poll())).toEqual([]);
    expect((await store.listObservations({ limit: 1 })).items).toHaveLength(1);
  });

  it('announces a job that started and ended between two polls with an inferred start and its end', async () => {
    await poll();
    const id = jobId(7);
    source.jobs.push(aJob(['finished'], { id }));
    expect(told(await poll())).toEqual([`started ${id} inferred`, `finished ${id}`]);
    expect(told(await poll())).toEqual([]);
  });

  it('follows a job that was running at first sight, and announces its end', async () => {
    source.jobs = [aJob()];
    expect(told(await poll())).toEqual([]);
    source.jobs = [aJob(['failed'])];
    const report = await poll();
    expect(
      report.events.map(({ event }) => [event.name, jobSubjectOf(event).from, jobSubjectOf(event).to]),
    ).toEqual([['failed', 'in_progress', 'failed']]);
  });

  it('tells when it last looked before an end that Atlas does not date', async () => {
    source.jobs = [aJob()];
    await poll();
    await poll();
    const lastLookAt = clock.now();
    source.jobs = [
      aJob([], {
        state: 'failed',
        reached: [
          { milestone: 'started', at: T0 },
          { milestone: 'failed', at: null },
        ],
      }),
    ];
    const [found] = (await poll()).events;
    expect(found && jobSubjectOf(found.event).lastLookAt).toBe(lastLookAt);
    expect(found?.event.occurredAt).toBe(clock.now());
  });

  it('writes nothing when nothing has changed', async () => {
    source.jobs = [aJob()];
    await poll();
    const before = await store.auditHead();
    await poll();
    await poll();
    expect(await store.auditHead()).toEqual(before);
  });

  it('changes no job when a listing breaks off, and finds everything at the next good poll', async () => {
    source.pageSize = 1;
    source.jobs = [aJob([], { id: jobId(1) }), aJob([], { id: jobId(2) })];
    await poll();
    source.jobs = [aJob(['failed'], { id: jobId(1) }), aJob(['finished'], { id: jobId(2) })];
    source.fault = new SourceError('unavailable', 'no answer', { retryable: true });
    source.failAfterPages = 1;
    const broken = await poll();
    expect(broken.failure).toBe(source.fault);
    expect(told(broken)).toEqual([]);
    source.fault = null;
    expect(told(await poll())).toEqual([`failed ${jobId(1)}`, `finished ${jobId(2)}`]);
  });

  it('takes no baseline from a listing that breaks off: what it did not reach is no news afterwards', async () => {
    source.pageSize = 1;
    source.jobs = [aJob(['failed'], { id: jobId(1) }), aJob(['failed'], { id: jobId(2) })];
    source.fault = new SourceError('unavailable', 'no answer');
    source.failAfterPages = 1;
    await poll();
    source.fault = null;
    expect(told(await poll())).toEqual([]);
    expect(told(await poll())).toEqual([]);
  });

  it('counts a job once that comes twice because the list grew while it was paged', async () => {
    await poll();
    source.pageSize = 1;
    const job = aJob([], { id: jobId(3) });
    source.jobs = [job, job];
    expect(told(await poll())).toEqual([`started ${jobId(3)}`]);
  });

  it('asks by id for a followed job that is no longer listed, and calls it missing at the second 404', async () => {
    source.jobs = [aJob()];
    await poll();
    source.jobs = [];
    expect(told(await poll())).toEqual([]);
    expect(told(await poll())).toEqual([`missing ${jobId(1)}`]);
    expect(told(await poll())).toEqual([]);
    expect(source.asked).toEqual([jobId(1), jobId(1)]);
  });

  it('is not alarmed by a job that is unlisted but still there', async () => {
    source.jobs = [aJob()];
    await poll();
    source.unlisted.add(jobId(1));
    await poll();
    expect(told(await poll())).toEqual([]);
    source.jobs = [aJob(['finished'])];
    expect(told(await poll())).toEqual([`finished ${jobId(1)}`]);
  });

  it('goes on counting a running job as running after a single 404', async () => {
    await poll();
    source.jobs = [aJob()];
    await poll();
    source.jobs = [];
    expect((await poll()).hasRunningJobs).toBe(true);
    expect((await poll()).hasRunningJobs).toBe(false);
  });

  it('goes on where it was with a job that was missing and came back', async () => {
    source.jobs = [aJob()];
    await poll();
    source.jobs = [];
    await poll();
    await poll();
    source.jobs = [aJob(['finished'])];
    expect(told(await poll())).toEqual([`finished ${jobId(1)}`]);
  });

  it('keeps an unreadable job apart and tells the others', async () => {
    await poll();
    source.jobs = [aJob(['failed'], { id: jobId(2) })];
    source.extra = [{ kind: 'unreadable', jobId: jobId(1), problem: 'failed is not a boolean' }];
    const report = await poll();
    expect(told(report)).toEqual([`started ${jobId(2)} inferred`, `failed ${jobId(2)}`]);
    expect(report.anomalies).toEqual([{ jobId: jobId(1), problem: 'failed is not a boolean' }]);
    expect((await poll()).anomalies).toEqual([]);
  });

  it('does not take an unreadable reply for the absence of a job', async () => {
    source.jobs = [aJob()];
    await poll();
    source.jobs = [];
    source.extra = [{ kind: 'unreadable', jobId: jobId(1), problem: 'odd' }];
    await poll();
    await poll();
    expect(told(await poll())).toEqual([]);
    expect(source.asked).toEqual([]);
  });

  it('announces what happened meanwhile as late, with its real time', async () => {
    source.jobs = [aJob()];
    await poll();
    clock.advance(120 * MINUTE);
    source.jobs = [aJob(['finished'])];
    const [planned] = (await poll()).events;
    expect(planned?.event.subject).toMatchObject({ late: true });
    expect(planned?.event.occurredAt).toBe(T0 + 14 * MINUTE);
  });

  it('records an event that no route takes, and owes it to nobody', async () => {
    await poll([]);
    source.jobs = [aJob()];
    const report = await poll([]);
    expect(report.events[0]).toMatchObject({ channels: [], suppressed: 'no_route' });
    expect((await store.listDeliveries({ limit: 10 })).items).toEqual([]);
    expect((await store.listEvents({ limit: 10 })).items[0]?.suppressed).toBe('no_route');
  });

  it('records what is muted, and owes it to nobody', async () => {
    await poll();
    const { id } = await store.addMute(aMuteRequest());
    source.jobs = [aJob()];
    const report = await poll();
    expect(report.events).toMatchObject([{ channels: [], suppressed: 'muted', muteId: id }]);
    const { items } = await store.listEvents({ limit: 10 });
    expect(items).toMatchObject([{ suppressed: 'muted', mute: { id, author: 'ann' }, deliveries: [] }]);
    const decision = (await store.readAudit(0, 100)).findLast(({ kind }) => kind === 'decision');
    expect(decision?.data).toMatchObject({ decision: 'suppress', reason: 'muted', muteId: id });
  });

  it('owes again what happens once the mute is over or removed', async () => {
    await poll();
    await store.addMute(aMuteRequest({ until: clock.now() + MINUTE }));
    source.jobs = [aJob()];
    expect((await poll()).events).toMatchObject([{ suppressed: 'muted' }]);
    clock.advance(MINUTE);
    source.jobs = [aJob(['failed'])];
    expect((await poll()).events).toMatchObject([{ suppressed: null, channels: ['oncall'] }]);
    const { id } = await store.addMute(aMuteRequest());
    await store.removeMute(id, clock.now(), 'ann');
    source.jobs = [aJob(['failed']), aJob([], { id: jobId(2), createdAt: clock.now() })];
    expect((await poll()).events).toMatchObject([{ suppressed: null, channels: ['oncall'] }]);
  });

  it('asks for mutes only when it has found something', async () => {
    const listMutes = vi.spyOn(store, 'listMutes');
    source.jobs = [aJob()];
    await poll();
    listMutes.mockClear();
    await poll();
    await poll();
    expect(listMutes).not.toHaveBeenCalled();
    source.jobs = [aJob(['failed'])];
    await poll();
    expect(listMutes).toHaveBeenCalledTimes(1);
  });

  it('writes the observation, the transition and the decision to the audit log along with it', async () => {
    await poll();
    source.jobs = [aJob()];
    const { seq } = await store.auditHead();
    await poll();
    const kinds = (await store.readAudit(seq, 10)).map(({ kind }) => kind);
    expect(kinds).toEqual(['observation.changed', 'transition', 'decision']);
  });

  it('keeps memory flat on a very long first listing, and still announces nothing', async () => {
    source.jobs = Array.from({ length: 5_001 }, (_, n) => aJob(['finished'], { id: jobId(n) }));
    const first = await poll();
    expect(told(first)).toEqual([]);
    expect(first).toMatchObject({ jobs: 5_001, changes: 5_001 });
    const kinds = (await store.readAudit(0, 6_000)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'observation.changed')).toHaveLength(5_001);
    expect(kinds.filter((kind) => kind === 'baseline.taken')).toHaveLength(1);
    expect(told(await poll())).toEqual([]);
  });
});

describe('a watch of named jobs', () => {
  beforeEach(() => {
    watch = aWatch({ restoreJobIds: [1, 2, 3].map((n) => jobId(n)) });
    source.jobs = [1, 2, 3].map((n) => aJob([], { id: jobId(n) }));
  });

  it('announces each in whatever state it is found', async () => {
    source.jobs[1] = aJob(['failed'], { id: jobId(2) });
    expect(told(await poll())).toEqual([
      `started ${jobId(1)}`,
      `started ${jobId(2)} inferred`,
      `failed ${jobId(2)}`,
      `started ${jobId(3)}`,
    ]);
  });

  it('never lists, and stops asking for what can no longer change', async () => {
    source.jobs[0] = aJob(['failed'], { id: jobId(1) });
    await poll();
    source.asked = [];
    await poll();
    expect(source.asked).toEqual([jobId(2), jobId(3)]);
    expect(source.listings).toBe(0);
  });

  it('goes on asking for a finished job whose expiry lies ahead', async () => {
    watch = aWatch({ restoreJobIds: [jobId(1)] });
    source.jobs = [aJob(['finished'], { id: jobId(1), expiresAt: T0 + 60 * MINUTE })];
    await poll();
    source.jobs = [aJob(['finished', 'expired'], { id: jobId(1), expiresAt: T0 + 60 * MINUTE })];
    const report = await poll();
    expect(report.events.map(({ event }) => [event.name, jobSubjectOf(event).from, event.severity])).toEqual([
      ['expired', 'finished', 'info'],
    ]);
  });

  it('tells the others when one of them cannot be read', async () => {
    await poll();
    source.jobFaults.set(jobId(1), new SourceError('unavailable', 'poisoned', { retryable: true }));
    source.jobs[2] = aJob(['finished'], { id: jobId(3) });
    const report = await poll();
    expect(told(report)).toEqual([`finished ${jobId(3)}`]);
    expect(report.failure?.message).toBe('poisoned');
  });

  it('stops at the first refused login instead of trying every job', async () => {
    source.fault = new SourceError('auth', 'wrong key');
    const report = await poll();
    expect(report.failure).toBe(source.fault);
    expect(source.asked).toHaveLength(1);
  });

  it('names the ids that Atlas does not know, without calling them missing', async () => {
    source.jobs = source.jobs.slice(0, 2);
    await poll();
    await poll();
    const report = await poll();
    expect(report.unknownJobIds).toEqual([jobId(3)]);
    expect(told(report)).toEqual([]);
    expect(report.failure).toBeNull();
  });
});
