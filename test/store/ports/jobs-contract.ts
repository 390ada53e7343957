import { describe, expect, it } from 'vitest';
import { GENESIS } from '../../../src/domain/audit.ts';
import type { Observation } from '../../../src/domain/job/observation.ts';
import type { Store } from '../../../src/store/store.ts';
import { aJob, anEvent, anObservation, jobId, T0 } from '../../support/builders.ts';
import { aCommit, aDraft, anImpossibleDraft, plan, TARGET } from '../support.ts';

/** What every store remembers of jobs, and how it takes what a poll has found. */
export function jobsContract(store: () => Store): void {
  describe('targets', () => {
    it('knows nothing of a target before its first complete poll', async () => {
      await store().commitPoll(aCommit({ observations: [anObservation()] }));
      expect(await store().readTarget(TARGET, T0)).toBeNull();
    });

    it('remembers when the baseline was taken, and keeps the first one', async () => {
      await store().commitPoll(aCommit({ takesBaseline: true, at: T0 + 1 }));
      await store().commitPoll(aCommit({ takesBaseline: true, at: T0 + 2 }));
      expect(await store().readTarget(TARGET, T0)).toEqual({ baselineAt: T0 + 1, followed: [] });
    });

    it('keeps the last look for instances, each key its own', async () => {
      expect(await store().lastLookAt('orders')).toBeNull();
      await store().noteLook('orders', T0);
      await store().noteLook('orders', T0 + 1);
      await store().noteLook('other', T0 + 2);
      expect(await store().lastLookAt('orders')).toBe(T0 + 1);
      await store().noteLooks(['other', 'third'], T0 + 3);
      expect(await store().lastLooksAt(['orders', 'other', 'third', 'never'])).toEqual(
        new Map([
          ['orders', T0 + 1],
          ['other', T0 + 3],
          ['third', T0 + 3],
        ]),
      );
    });

    it('keeps when each watch was last polled with success', async () => {
      expect(await store().lastSuccesses()).toEqual(new Map());
      await store().noteSuccesses(new Map([['orders', T0], ['other', T0]]), T0); // biome-ignore format: one map
      await store().noteSuccesses(new Map([['orders', T0 + 1]]), T0 + 1);
      expect(await store().lastSuccesses()).toEqual(new Map([['orders', T0 + 1], ['other', T0]])); // biome-ignore format: one map
      // Said late, by a replica that was paused.
      await store().noteSuccesses(new Map([['orders', T0]]), T0 + 1);
      await store().noteSuccesses(new Map([['orders', T0 - 3_600_000]]), T0 + 1);
      expect((await store().lastSuccesses()).get('orders')).toBe(T0 + 1);
      // Written by a clock that was set back since.
      await store().noteSuccesses(new Map([['orders', T0 - 3_600_000]]), T0 - 3_600_000);
      expect((await store().lastSuccesses()).get('orders')).toBe(T0 - 3_600_000);
    });

    it('follows the jobs of the target that may still change and are not missing, oldest first', async () => {
      const of = (number: number, over = {}) =>
        anObservation(aJob([], { id: jobId(number), createdAt: T0 - number }), over);
      const running = of(1);
      const older = of(2);
      const mayExpire = of(3, { mayChangeUntil: T0 + 1 });
      await store().commitPoll(
        aCommit({
          takesBaseline: true,
          observations: [
            running,
            older,
            mayExpire,
            of(4, { mayChangeUntil: T0 }),
            of(5, { mayChangeUntil: 0 }),
            of(6, { notFoundCount: 2, missingSince: T0 }),
          ],
        }),
      );
      await store().commitPoll(aCommit({ targetKey: 'another', observations: [of(7)] }));

      const target = await store().readTarget(TARGET, T0);
      expect(target?.followed).toEqual([mayExpire, older, running]);
    });

    it('follows a job again that was missing and came back', async () => {
      const gone = anObservation(aJob(), { notFoundCount: 2, missingSince: T0 });
      await store().commitPoll(aCommit({ takesBaseline: true, observations: [gone] }));
      const back = anObservation(aJob());
      await store().commitPoll(aCommit({ observations: [back] }));
      expect((await store().readTarget(TARGET, T0))?.followed).toEqual([back]);
    });
  });

  describe('observations', () => {
    it('come back as they were written, each watch its own, the latest one', async () => {
      const first = anObservation(aJob());
      const latest = anObservation(aJob(['failed'], { errorMessage: "a 'quote', \u0000, 💥 and \u2028" }));
      const elsewhere = anObservation(aJob(), { watch: 'other' });
      await store().commitPoll(aCommit({ observations: [first, elsewhere] }));
      await store().commitPoll(aCommit({ observations: [latest] }));

      expect(await store().readObservations('orders', [jobId(1)])).toEqual(new Map([[jobId(1), latest]]));
      expect(await store().readObservations('other', [jobId(1)])).toEqual(new Map([[jobId(1), elsewhere]]));
    });

    it('gives what other watches have recorded of a job at the same place, and nowhere else', async () => {
      const at = (watch: string, place: string) => {
        const observation = anObservation(aJob(), { watch });
        return aCommit({ targetKey: `${watch}/${place}`, watch, observations: [observation] });
      };
      await store().commitPoll(at('orders', 'serverless/g/orders'));
      await store().commitPoll(at('before', 'serverless/g/orders'));
      await store().commitPoll(at('flexible', 'flex/g/orders'));
      await store().commitPoll(at('abroad', 'serverless/h/orders'));
      const here = { watch: 'orders', kind: 'serverless', groupId: 'g', instanceName: 'orders' } as const;
      const found = await store().readElsewhere(here, [aJob().id, jobId(9)]);
      expect([...found].map(([id, records]) => [id, records.map(({ watch }) => watch)])).toEqual([
        [aJob().id, ['before']],
      ]);
      expect(await store().readElsewhere(here, [])).toEqual(new Map());
    });

    it('are known with the target where each was found, whatever they call their instance', async () => {
      const [named, other] = [aJob([], { id: jobId(1), instanceName: 'Orders' }), aJob([], { id: jobId(2) })];
      await store().commitPoll(aCommit({ targetKey: 'orders/by-id', observations: [anObservation(named)] }));
      await store().commitPoll(aCommit({ observations: [anObservation(other)] }));
      expect(await store().targetKeysOf('orders', [named.id, other.id, jobId(3)])).toEqual(
        new Map([
          [named.id, 'orders/by-id'],
          [other.id, TARGET],
        ]),
      );
      expect(await store().targetKeysOf('billing', [named.id])).toEqual(new Map());
    });

    it('that end without a date took until that was seen, unless it was so at the first look', async () => {
      const undated = (number: number, over: Partial<Observation>): Observation => {
        const dated = aJob(['finished'], { id: jobId(number), finishedAt: null });
        const job = {
          ...dated,
          reached: dated.reached.map((one) => (one.milestone === 'finished' ? { ...one, at: null } : one)),
        };
        return anObservation(job, over);
      };
      await store().commitPoll(
        aCommit({
          observations: [
            undated(1, { firstSeenAt: T0 + 1_000, noticed: { finished: T0 + 600_000 } }),
            undated(2, { firstSeenAt: T0 + 600_000, noticed: { finished: T0 + 600_000 } }),
          ],
        }),
      );
      expect(await store().finishedDurations(TARGET, 9)).toEqual([
        { deliveryType: 'automated', durationMs: 600_000 },
      ]);
    });

    it('are given for the known ones among very many ids', async () => {
      const numbers = Array.from({ length: 1_200 }, (_, index) => index);
      const observations = numbers.map((number) => anObservation(aJob([], { id: jobId(number) })));
      await store().commitPoll(aCommit({ observations }));
      const unknown = Array.from({ length: 40_000 }, (_, index) => 5_000 + index);
      const asked = [...unknown, ...numbers].map((number) => jobId(number));
      const found = await store().readObservations('orders', asked);
      expect([...found.values()].sort((a, b) => (a.jobId < b.jobId ? -1 : 1))).toEqual(observations);
      expect(await store().readObservations('orders', [])).toEqual(new Map());
    });

    it('keep a job of which nothing could be read', async () => {
      const unreadable = anObservation(aJob(), { job: null, milestones: [], state: 'unknown' });
      await store().commitPoll(aCommit({ takesBaseline: true, observations: [unreadable] }));
      expect((await store().readTarget(TARGET, T0))?.followed).toEqual([unreadable]);
    });
  });

  describe('a poll', () => {
    it('is committed whole: observations, events, deliveries and audit entries', async () => {
      const observation = anObservation();
      const planned = plan(1, { channels: ['oncall', 'dba'] });
      await store().commitPoll(
        aCommit({ takesBaseline: true, observations: [observation], events: [planned], audit: [aDraft()] }),
      );
      expect((await store().readTarget(TARGET, T0))?.followed).toEqual([observation]);
      const { items } = await store().listEvents({ limit: 9 });
      expect(items).toMatchObject([
        { event: planned.event, deliveries: [{ channel: 'oncall' }, { channel: 'dba' }] },
      ]);
      expect((await store().auditHead()).seq).toBe(1);
    });

    it('is committed not at all when a part of it fails', async () => {
      const failing = aCommit({
        takesBaseline: true,
        observations: [anObservation()],
        events: [plan(1)],
        audit: [aDraft(), anImpossibleDraft()],
      });
      await expect(store().commitPoll(failing)).rejects.toThrow();
      expect(await store().readTarget(TARGET, T0)).toBeNull();
      expect(await store().readObservations('orders', [jobId(1)])).toEqual(new Map());
      expect((await store().listEvents({ limit: 9 })).items).toEqual([]);
      expect((await store().listDeliveries({ limit: 9 })).items).toEqual([]);
      expect(await store().auditHead()).toEqual(GENESIS);
    });

    it('owes a new event to each channel once, ordered by the job, or by the watch without one', async () => {
      const ofJob = plan(1, { channels: ['oncall', 'dba', 'oncall'] });
      const ofWatch = plan(2);
      ofWatch.event = anEvent('watch_failing', { id: ofWatch.event.id });
      await store().commitPoll(aCommit({ at: T0 + 5, events: [ofJob, ofWatch] }));

      const { items } = await store().listDeliveries({ limit: 9 });
      const untried = {
        status: 'pending',
        createdAt: T0 + 5,
        nextAttemptAt: T0 + 5,
        attemptsStarted: 0,
        attemptsFinished: 0,
        firstAttemptAt: null,
        lastAttemptAt: null,
        endedAt: null,
        lastDetail: null,
        insteadOf: null,
        heldUntil: null,
        recipient: null,
        quietUntil: null,
        behindUntil: null,
      };
      const of = ({ event }: typeof ofJob, channel: string, orderKey: string) => ({
        ...untried,
        id: `${event.id}:${channel}`,
        eventId: event.id,
        event,
        channel,
        orderKey,
      });
      expect(items).toEqual([
        of(ofWatch, 'oncall', 'watch:orders'),
        of(ofJob, 'dba', jobId(1)),
        of(ofJob, 'oncall', jobId(1)),
      ]);
    });

    it('knows which targets of a watch have jobs to follow', async () => {
      const open = anObservation(aJob());
      const commit = (targetKey: string, observation: Observation, watch = 'orders') =>
        store().commitPoll(
          aCommit({ targetKey, watch, observations: [{ ...observation, watch }], takesBaseline: true }),
        );
      const ended = aJob(['finished'], { id: jobId(3) });
      await commit('b', open);
      await commit('a', anObservation(aJob([], { id: jobId(2) })));
      await commit('a', anObservation(aJob([], { id: jobId(4) })));
      await commit('ended', anObservation(ended));
      await commit('missing', anObservation(aJob([], { id: jobId(5) }), { missingSince: T0 }));
      await commit('other', open, 'billing');
      expect(await store().followedTargets('orders', T0)).toEqual(['a', 'b']);
    });

    it('leaves an event that is already there as it is, and owes nothing twice', async () => {
      const planned = plan(1);
      await store().commitPoll(aCommit({ events: [planned, planned] }));
      const again = { ...plan(1, { summary: 'told otherwise' }), channels: ['oncall', 'dba'] };
      await store().commitPoll(aCommit({ events: [again, plan(2)] }));

      const { items } = await store().listEvents({ limit: 9 });
      expect(items.map(({ event }) => event)).toEqual([plan(2).event, planned.event]);
      expect(items.map(({ deliveries }) => deliveries.length)).toEqual([1, 1]);
    });
  });
}
