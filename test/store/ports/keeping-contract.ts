import { describe, expect, it } from 'vitest';
import type { PlannedEvent } from '../../../src/domain/event/plan.ts';
import { leafHash } from '../../../src/domain/evidence/audit-tree.ts';
import type { Observation } from '../../../src/domain/job/observation.ts';
import type { Milestone } from '../../../src/domain/job/restore-job.ts';
import { PRUNED_THINGS, type PruneCounts, type PrunePlace } from '../../../src/store/ports/keeping.ts';
import type { Store } from '../../../src/store/store.ts';
import { aJob, aMuteRequest, anObservation, HOUR, jobId, T0 } from '../../support/builders.ts';
import { aCommit, aDraft, plan, TARGET } from '../support.ts';

const DAY = 24 * HOUR;
const BEFORE = T0 - 10 * DAY;
const OLD = T0 - 20 * DAY;

/** A job that began then, and of which nothing was seen to change since. */
function jobOf(number: number, at: number, outcomes: Milestone[] = ['finished']): Observation {
  return anObservation(aJob(outcomes, { id: jobId(number, at), createdAt: at }), { changedAt: at });
}

function eventOf(
  { job, watch }: Observation,
  number: number,
  over: Parameters<typeof plan>[1] = {},
): PlannedEvent {
  const planned = plan(number, { detectedAt: (job?.createdAt ?? 0) + number, watch, ...over });
  if (planned.event.subject.kind === 'job' && job) planned.event.subject.job = job;
  return planned;
}

/** How every store prunes what is over, and what it keeps of it. */
export function keepingContract(store: () => Store): void {
  const pruneAll = async (limit = 2, overBefore = BEFORE): Promise<PruneCounts> => {
    const sum = { jobs: 0, events: 0, deliveries: 0, mutes: 0 };
    for (const thing of PRUNED_THINGS) {
      let from: PrunePlace | null = null;
      for (let isEnd = false; !isEnd; ) {
        const step: Awaited<ReturnType<Store['prune']>> = await store().prune({
          thing,
          overBefore,
          from,
          limit,
        });
        from = step.next;
        isEnd = step.isEnd;
        for (const what of ['jobs', 'events', 'deliveries', 'mutes'] as const) sum[what] += step.pruned[what];
      }
    }
    return sum;
  };
  const record = (observations: readonly Observation[], events: readonly PlannedEvent[] = []) =>
    store().commitPoll(aCommit({ at: OLD, takesBaseline: true, observations, events }));
  const endAll = async (kind: 'delivered' | 'given_up' = 'delivered', at = OLD): Promise<void> => {
    const { items } = await store().listDeliveries({ status: 'pending', limit: 99 });
    await store().recordOutcomes(
      items.map(({ id }) => ({ id, kind, at, detail: 'ok' })),
      [],
    );
  };
  it('cuts off the beginning of the audit log once, and deletes its rows a few at a time', async () => {
    await store().recordAudit([aDraft(1), aDraft(2), aDraft(3), aDraft(4)]);
    const [third] = await store().readAudit(2, 1);
    const hashes = [leafHash('any')];
    const last = { seq: 2, hash: third?.prev ?? '' };
    const stub = { last, frontier: { size: 2, hashes }, checkpoint: 'a note\n', key: 'a key' };
    expect(await store().auditStart()).toBeNull();
    expect(await store().cutAudit(stub, T0)).toBe(true);
    expect(await store().cutAudit(stub, T0)).toBe(false);
    expect(await store().auditStart()).toEqual(stub);
    expect((await store().readAudit(0, 9)).map(({ seq, kind }) => [seq, kind])).toEqual([
      [3, 'decision'],
      [4, 'decision'],
      [5, 'audit.pruned'],
    ]);
    expect((await store().readAuditText(3, 9))?.first).toBe(4);
    expect(await store().deleteCut(1)).toBe(true);
    expect(await store().deleteCut(5)).toBe(false);
    expect((await store().auditHead()).seq).toBe(5);
  });

  const jobIds = async () => (await store().listObservations({ limit: 99 })).items.map(({ jobId }) => jobId);
  const eventIds = async () => (await store().listEvents({ limit: 99 })).items.map(({ event }) => event.id);

  describe('pruning', () => {
    it('takes a job that is over with its events and deliveries, and nothing of the others', async () => {
      const [gone, stays] = [jobOf(1, OLD), jobOf(2, T0 - DAY)];
      const told = [eventOf(gone, 1, { channels: ['oncall', 'siem'] }), eventOf(gone, 2), eventOf(stays, 3)];
      await record([gone, stays], told);
      await endAll();
      expect(await pruneAll()).toEqual({ jobs: 1, events: 2, deliveries: 3, mutes: 0 });
      expect(await jobIds()).toEqual([stays.jobId]);
      expect(await eventIds()).toEqual([told[2]?.event.id]);
      expect((await store().listDeliveries({ limit: 99 })).items).toHaveLength(1);
      expect(await store().countJobs()).toEqual([{ watch: 'orders', state: 'finished', count: 1 }]);
      expect(await store().countDeliveries(T0)).toMatchObject([{ channel: 'oncall', count: 1 }]);
      expect(await pruneAll()).toEqual({ jobs: 0, events: 0, deliveries: 0, mutes: 0 });
    });

    it('goes by when the store learned last of a job, not by when the job began', async () => {
      const late = { ...jobOf(1, OLD), changedAt: T0 - DAY };
      const ahead = { ...jobOf(2, OLD), mayChangeUntil: T0 - DAY };
      await record([late, ahead]);
      expect(await pruneAll()).toMatchObject({ jobs: 0 });
      expect(await pruneAll(2, T0)).toMatchObject({ jobs: 2 });
    });

    it('takes no job that may change, however old it is, and each that is missing', async () => {
      const running = jobOf(1, OLD, []);
      const ready = jobOf(2, OLD, ['ready']);
      const missing = { ...jobOf(3, OLD, []), missingSince: OLD };
      await record([running, ready, missing]);
      expect(await pruneAll()).toMatchObject({ jobs: 1 });
      expect((await jobIds()).toSorted()).toEqual([running.jobId, ready.jobId]);
    });

    it('takes no job of which somebody is still owed something, was not long ago, or is to be told again', async () => {
      const [owed, redriven, reminded] = [jobOf(1, OLD), jobOf(2, OLD), jobOf(3, OLD)];
      await record([owed], [eventOf(owed, 1), eventOf(owed, 2, { channels: [] })]);
      expect(await pruneAll()).toMatchObject({ jobs: 0, events: 0, deliveries: 0 });
      await endAll();
      expect(await pruneAll()).toMatchObject({ jobs: 1, events: 2, deliveries: 1 });

      await record([redriven], [eventOf(redriven, 3)]);
      await endAll('given_up', OLD);
      await store().redrive('given_up', T0);
      expect(await pruneAll()).toMatchObject({ jobs: 0 });
      await endAll('delivered', T0);
      expect(await pruneAll()).toMatchObject({ jobs: 0 });
      expect(await pruneAll(2, T0 + 1)).toMatchObject({ jobs: 1 });

      const lasting = { ...eventOf(reminded, 4), reminders: [{ channel: 'oncall', everyMs: HOUR }] };
      await record([reminded], [lasting]);
      await endAll();
      expect(await pruneAll()).toMatchObject({ jobs: 0 });
      await store().remind({ at: T0, limit: 9 }, ({ due }) => ({
        events: [],
        audit: [],
        next: [],
        ended: due.map(({ first: { id }, channel }) => ({ eventId: id, channel })),
      }));
      expect(await pruneAll()).toMatchObject({ jobs: 1, events: 1 });
    });

    it('takes the jobs of each watch apart', async () => {
      const mine = jobOf(1, OLD);
      const theirs = { ...mine, watch: 'other', changedAt: T0 - DAY };
      await record([mine], [eventOf(mine, 1)]);
      await store().commitPoll(
        aCommit({ watch: 'other', observations: [theirs], events: [eventOf(theirs, 2)] }),
      );
      await endAll();
      expect(await pruneAll()).toMatchObject({ jobs: 1, events: 1 });
      expect((await store().listObservations({ limit: 9 })).items).toEqual([theirs]);
    });

    it('knows a pruned job by its milestones, and tells other watches of it', async () => {
      const gone = { ...jobOf(1, OLD, ['finished', 'expired']), changedAt: OLD + HOUR, timesMissing: 2 };
      await record([gone]);
      await pruneAll();
      const pruned = {
        jobId: gone.jobId,
        watch: 'orders',
        state: 'expired',
        job: null,
        isPruned: true,
        mayChangeUntil: 0,
        changedAt: OLD + HOUR,
        timesMissing: 2,
      };
      const expected = { ...pruned, milestones: ['started', 'finished', 'expired'], anomaly: null };
      const known = await store().readObservations('orders', [gone.jobId, jobId(9)]);
      expect([...known.keys()]).toEqual([gone.jobId]);
      expect(known.get(gone.jobId)).toMatchObject(expected);
      expect(await store().readObservations('other', [gone.jobId])).toEqual(new Map());
      const [, kind, groupId = '', instanceName = ''] = TARGET.split('/');
      const place = { watch: 'other', kind: kind as 'serverless', groupId, instanceName };
      expect((await store().readElsewhere(place, [gone.jobId])).get(gone.jobId)).toMatchObject([expected]);
      expect(await store().readElsewhere({ ...place, instanceName: 'else' }, [gone.jobId])).toEqual(
        new Map(),
      );
      expect(await store().findJobIds({ head: gone.jobId, tail: '', watch: null }, 9)).toMatchObject({
        ids: [],
      });
      const { jobId: id } = gone;
      for (const form of [
        { head: id, tail: '' },
        { head: id.slice(0, 4), tail: id.slice(-4) },
      ]) {
        const found = await store().findPruned({ ...form, watch: null }, 9);
        expect(found).toMatchObject([
          { jobId: id, watch: 'orders', state: 'expired', changedAt: OLD + HOUR },
        ]);
      }
      expect(await store().findPruned({ head: 'ffff', tail: '', watch: null }, 9)).toEqual([]);
    });

    it('lets a pruned job be recorded anew, and pruned again', async () => {
      const gone = jobOf(1, OLD);
      await record([gone]);
      await pruneAll();
      const durations = await store().finishedDurations(TARGET, 9);
      await record([{ ...gone, changedAt: T0, wasPruned: true }]);
      expect(await store().finishedDurations(TARGET, 9)).toEqual(durations);
      expect((await store().listObservations({ limit: 9 })).items).toEqual([{ ...gone, changedAt: T0 }]);
      expect((await store().readObservations('orders', [gone.jobId])).get(gone.jobId)?.job).toEqual(gone.job);
      expect(await pruneAll(2, T0 + 1)).toMatchObject({ jobs: 1 });
      expect((await store().readObservations('orders', [gone.jobId])).get(gone.jobId)?.isPruned).toBe(true);
    });

    it('leaves what is usual, and when a restore finished and a channel accepted last, as it was', async () => {
      const jobs = [jobOf(1, OLD), jobOf(2, OLD - DAY, ['failed']), jobOf(3, OLD - HOUR), jobOf(4, T0 - DAY)];
      await record(jobs, [eventOf(jobs[0]!, 1)]);
      await endAll('delivered', OLD + 5);
      const ask = async () => ({
        durations: await store().finishedDurations(TARGET, 9),
        two: await store().finishedDurations(TARGET, 2),
        last: await store().lastFinishedAt('orders'),
        finishes: await store().lastFinishes(['orders'], 9),
        since: await store().watchedSince('orders'),
        accepted: await store().lastAcceptedAt('oncall'),
      });
      const before = await ask();
      expect(before.durations).toHaveLength(3);
      expect(before.accepted).toBe(OLD + 5);
      await pruneAll();
      expect(await ask()).toEqual(before);
      await pruneAll(2, T0 + DAY);
      expect(await jobIds()).toEqual([]);
      expect(await ask()).toEqual(before);
    });

    it('takes events of watches and channels by their own age, but for what is raised', async () => {
      const at = OLD;
      const told = (number: number, name: 'watch_failing' | 'drill_overdue' | 'channel_failing') =>
        plan(number, { name, detectedAt: at + number });
      const [failing, overdue, channel] = [
        told(1, 'watch_failing'),
        told(2, 'drill_overdue'),
        told(3, 'channel_failing'),
      ];
      const raised = { at: at + 1, raise: ['watch_failing/orders'], clear: [], events: [failing], audit: [] };
      await store().commitAlerts(raised);
      await store().commitAlerts({ at: T0, raise: [], clear: [], events: [overdue, channel], audit: [] });
      await store().commitAlerts({
        at: T0,
        raise: [],
        clear: [],
        events: [plan(4, { name: 'drill_overdue' })],
        audit: [],
      });
      await endAll();
      expect(await pruneAll()).toEqual({ jobs: 0, events: 2, deliveries: 2, mutes: 0 });
      expect(await store().alertEvent('watch_failing/orders', at + 1)).toEqual(failing.event);
      await store().commitAlerts({
        at: T0,
        raise: [],
        clear: ['watch_failing/orders'],
        events: [],
        audit: [],
      });
      expect(await pruneAll()).toMatchObject({ events: 1 });
      expect(await eventIds()).toHaveLength(1);
    });

    it('takes the events of a job that nobody has on record', async () => {
      const sample = plan(1, { detectedAt: OLD, test: true });
      await store().commitAlerts({ at: OLD, raise: [], clear: [], events: [sample], audit: [] });
      await endAll();
      expect(await pruneAll()).toMatchObject({ events: 1, deliveries: 1 });
    });

    it('takes mutes that are over, once nothing on record names them', async () => {
      const over = await store().addMute(aMuteRequest({ createdAt: OLD, until: OLD + HOUR }));
      const named = await store().addMute(aMuteRequest({ createdAt: OLD, until: OLD + HOUR }));
      const ended = await store().addMute(aMuteRequest({ createdAt: OLD, until: null }));
      await store().removeMute(ended.id, OLD + HOUR, 'ann');
      const endless = await store().addMute(aMuteRequest({ createdAt: OLD, until: null }));
      const open = await store().addMute(aMuteRequest({ createdAt: OLD, until: T0 }));
      const running = jobOf(1, OLD, []);
      const muted = {
        ...eventOf(running, 1, { channels: [] }),
        suppressed: 'muted' as const,
        muteId: named.id,
      };
      await record([running], [muted]);
      expect(await pruneAll()).toEqual({ jobs: 0, events: 0, deliveries: 0, mutes: 2 });
      const left = (await store().listMutes({})).map(({ id }) => id);
      expect(left).toEqual([open.id, endless.id, named.id]);
      expect(left).not.toContain(over.id);
      expect((await store().listEvents({ limit: 9 })).items[0]?.mute?.id).toBe(named.id);
      await record([{ ...running, missingSince: OLD }]);
      expect(await pruneAll()).toMatchObject({ jobs: 1, events: 1, mutes: 1 });
    });

    it('comes to the same in steps of any size', async () => {
      for (const limit of [1, 2, 3, 50]) {
        const jobs = Array.from({ length: 7 }, (_, n) =>
          jobOf(n + 1, OLD - (n % 3) * DAY, n === 2 ? [] : ['failed']),
        );
        await record(
          jobs,
          jobs.map((job, n) => eventOf(job, 100 * limit + n)),
        );
        await endAll();
        expect(await pruneAll(limit)).toEqual({ jobs: 6, events: 6, deliveries: 6, mutes: 0 });
        expect(await jobIds()).toHaveLength(1);
      }
    });

    it('is told of in an audit entry a day at most, and of all that was pruned', async () => {
      const entries = async () =>
        (await store().readAudit(0, 99))
          .filter(({ kind }) => kind === 'store.pruned')
          .map(({ data }) => data);
      expect(await store().notePruned(T0)).toBe(false);
      await record([jobOf(1, OLD)]);
      await pruneAll();
      expect(await store().notePruned(T0)).toBe(true);
      expect(await store().notePruned(T0 + 1)).toBe(false);
      const overBefore = new Date(BEFORE).toISOString();
      const first = { jobs: 1, events: 0, deliveries: 0, mutes: 0, overBefore };
      expect(await entries()).toEqual([first]);

      for (const number of [2, 3]) {
        const job = jobOf(number, OLD);
        await record([job], [eventOf(job, number, { channels: [] })]);
        await pruneAll();
        expect(await store().notePruned(T0 + DAY - 1)).toBe(false);
      }
      expect(await store().notePruned(T0 + DAY)).toBe(true);
      expect(await entries()).toEqual([first, { jobs: 2, events: 2, deliveries: 0, mutes: 0, overBefore }]);
      expect(await store().notePruned(T0 + 9 * DAY)).toBe(false);
    });

    it('leaves the audit log as it was', async () => {
      const job = jobOf(1, OLD);
      await store().commitPoll(
        aCommit({
          observations: [job],
          audit: [{ at: OLD, kind: 'transition', data: { jobId: job.jobId } }],
        }),
      );
      const before = await store().readAudit(0, 99);
      await pruneAll();
      expect(await store().readAudit(0, 99)).toEqual(before);
    });

    it('says how old the oldest event is', async () => {
      expect(await store().oldestEventAt()).toBe(null);
      const [old, young] = [jobOf(1, OLD), jobOf(2, T0)];
      await record([old, young], [eventOf(young, 1, { channels: [] }), eventOf(old, 2, { channels: [] })]);
      expect(await store().oldestEventAt()).toBe(OLD + 2);
      await pruneAll();
      expect(await store().oldestEventAt()).toBe(T0 + 1);
    });
  });
}
