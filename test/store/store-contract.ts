import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokenLink, GENESIS } from '../../src/domain/audit.ts';
import type { Observation } from '../../src/domain/job/observation.ts';
import type { Milestone } from '../../src/domain/job/restore-job.ts';
import { WatcherError } from '../../src/errors.ts';
import type { Rows } from '../../src/store/ports/records.ts';
import type { Store } from '../../src/store/store.ts';
import { aJob, anObservation, HOUR, jobId, MINUTE, T0 } from '../support/builders.ts';
import { digestContract } from './digest-contract.ts';
import { fallbackContract } from './fallback-contract.ts';
import { muteContract } from './mute-contract.ts';
import { outboxContract } from './outbox-contract.ts';
import { reminderContract } from './reminder-contract.ts';
import { aCommit, aDraft, anImpossibleDraft, plan, TARGET } from './support.ts';

/** What every store does, whatever it is made of. `makeStore` gives a new, empty one. */
export function storeContract(name: string, makeStore: () => Promise<Store>): void {
  describe(`the store contract, ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await makeStore();
    });
    afterEach(() => store.close());

    describe('targets', () => {
      it('knows nothing of a target before its first complete poll', async () => {
        await store.commitPoll(aCommit({ observations: [anObservation()] }));
        expect(await store.readTarget(TARGET, T0)).toBeNull();
      });

      it('remembers when the baseline was taken, and keeps the first one', async () => {
        await store.commitPoll(aCommit({ takesBaseline: true, at: T0 + 1 }));
        await store.commitPoll(aCommit({ takesBaseline: true, at: T0 + 2 }));
        expect(await store.readTarget(TARGET, T0)).toEqual({ baselineAt: T0 + 1, followed: [] });
      });

      it('knows since when a watch has a baseline, by the first of its targets', async () => {
        expect(await store.watchedSince('orders')).toBeNull();
        await store.commitPoll(aCommit({ targetKey: 'one', takesBaseline: true, at: T0 + 2 }));
        await store.commitPoll(aCommit({ targetKey: 'two', takesBaseline: true, at: T0 + 1 }));
        expect(await store.watchedSince('orders')).toBe(T0 + 1);
        expect(await store.watchedSince('other')).toBeNull();
      });

      it('keeps the last look for instances, each key its own', async () => {
        expect(await store.lastLookAt('orders')).toBeNull();
        await store.noteLook('orders', T0);
        await store.noteLook('orders', T0 + 1);
        await store.noteLook('other', T0 + 2);
        expect(await store.lastLookAt('orders')).toBe(T0 + 1);
      });

      it('follows the jobs of the target that may still change and are not missing, oldest first', async () => {
        const of = (number: number, over = {}) =>
          anObservation(aJob([], { id: jobId(number), createdAt: T0 - number }), over);
        const running = of(1);
        const older = of(2);
        const mayExpire = of(3, { mayChangeUntil: T0 + 1 });
        await store.commitPoll(
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
        await store.commitPoll(aCommit({ targetKey: 'another', observations: [of(7)] }));

        const target = await store.readTarget(TARGET, T0);
        expect(target?.followed).toEqual([mayExpire, older, running]);
      });

      it('follows a job again that was missing and came back', async () => {
        const gone = anObservation(aJob(), { notFoundCount: 2, missingSince: T0 });
        await store.commitPoll(aCommit({ takesBaseline: true, observations: [gone] }));
        const back = anObservation(aJob());
        await store.commitPoll(aCommit({ observations: [back] }));
        expect((await store.readTarget(TARGET, T0))?.followed).toEqual([back]);
      });
    });

    describe('observations', () => {
      it('come back as they were written, each watch its own, the latest one', async () => {
        const first = anObservation(aJob());
        const latest = anObservation(aJob(['failed'], { errorMessage: "a 'quote', \u0000, 💥 and \u2028" }));
        const elsewhere = anObservation(aJob(), { watch: 'other' });
        await store.commitPoll(aCommit({ observations: [first, elsewhere] }));
        await store.commitPoll(aCommit({ observations: [latest] }));

        expect(await store.readObservations('orders', [jobId(1)])).toEqual(new Map([[jobId(1), latest]]));
        expect(await store.readObservations('other', [jobId(1)])).toEqual(new Map([[jobId(1), elsewhere]]));
      });

      it('are given for the known ones among very many ids', async () => {
        const numbers = Array.from({ length: 1_200 }, (_, index) => index);
        const observations = numbers.map((number) => anObservation(aJob([], { id: jobId(number) })));
        await store.commitPoll(aCommit({ observations }));
        const unknown = Array.from({ length: 40_000 }, (_, index) => 5_000 + index);
        const asked = [...unknown, ...numbers].map((number) => jobId(number));
        const found = await store.readObservations('orders', asked);
        expect([...found.values()].sort((a, b) => (a.jobId < b.jobId ? -1 : 1))).toEqual(observations);
        expect(await store.readObservations('orders', [])).toEqual(new Map());
      });

      it('keep a job of which nothing could be read', async () => {
        const unreadable = anObservation(aJob(), { job: null, milestones: [], state: 'unknown' });
        await store.commitPoll(aCommit({ takesBaseline: true, observations: [unreadable] }));
        expect((await store.readTarget(TARGET, T0))?.followed).toEqual([unreadable]);
      });

      it('are listed newest job first, by watch, job and state, page by page', async () => {
        const all = [1, 2, 3, 4, 5].map((number) =>
          anObservation(aJob(number % 2 ? ['failed'] : [], { id: jobId(number), createdAt: T0 + number }), {
            watch: number < 4 ? 'orders' : 'other',
          }),
        );
        await store.commitPoll(aCommit({ observations: all }));
        const [one, two, three, four, five] = all;

        expect(await pages((page) => store.listObservations({ limit: 2, ...page }))).toEqual([
          [five, four],
          [three, two],
          [one],
        ]);
        const listed = async (filter: object) =>
          (await store.listObservations({ limit: 9, ...filter })).items;
        expect(await listed({ watch: 'orders', state: 'failed' })).toEqual([three, one]);
        expect(await listed({ jobId: jobId(4) })).toEqual([four]);
      });

      it('are counted by watch and state', async () => {
        const of = (number: number, watch: string, failed: boolean) =>
          anObservation(aJob(failed ? ['failed'] : [], { id: jobId(number) }), { watch });
        await store.commitPoll(
          aCommit({
            observations: [of(1, 'b', true), of(2, 'b', true), of(3, 'a', false), of(4, 'b', false)],
          }),
        );
        expect(await store.countJobs()).toEqual([
          { watch: 'a', state: 'in_progress', count: 1 },
          { watch: 'b', state: 'failed', count: 2 },
          { watch: 'b', state: 'in_progress', count: 1 },
        ]);
      });
    });

    describe('the oldest running jobs', () => {
      it('are those of the watch that began first, without any that have ended or gone', async () => {
        const of = (number: number, over: Partial<Observation> = {}, outcomes: Milestone[] = []) => {
          const createdAt = T0 - number * MINUTE;
          return anObservation(aJob(outcomes, { id: jobId(number, createdAt), createdAt }), over);
        };
        const observations = [
          of(1),
          of(4, { missingSince: T0 }),
          of(3),
          of(2),
          of(5, {}, ['failed']),
          of(6, { watch: 'other' }),
        ];
        await store.commitPoll(aCommit({ takesBaseline: true, observations }));
        const running = await store.oldestRunning('orders', 2);
        expect(running).toEqual([observations[2], observations[3]]);
        expect(await store.oldestRunning('nobody', 2)).toEqual([]);
      });
    });

    describe('a poll', () => {
      it('is committed whole: observations, events, deliveries and audit entries', async () => {
        const observation = anObservation();
        const planned = plan(1, { channels: ['oncall', 'dba'] });
        await store.commitPoll(
          aCommit({ takesBaseline: true, observations: [observation], events: [planned], audit: [aDraft()] }),
        );
        expect((await store.readTarget(TARGET, T0))?.followed).toEqual([observation]);
        const { items } = await store.listEvents({ limit: 9 });
        expect(items).toMatchObject([
          { event: planned.event, deliveries: [{ channel: 'oncall' }, { channel: 'dba' }] },
        ]);
        expect((await store.auditHead()).seq).toBe(1);
      });

      it('is committed not at all when a part of it fails', async () => {
        const failing = aCommit({
          takesBaseline: true,
          observations: [anObservation()],
          events: [plan(1)],
          audit: [aDraft(), anImpossibleDraft()],
        });
        await expect(store.commitPoll(failing)).rejects.toThrow();
        expect(await store.readTarget(TARGET, T0)).toBeNull();
        expect(await store.readObservations('orders', [jobId(1)])).toEqual(new Map());
        expect((await store.listEvents({ limit: 9 })).items).toEqual([]);
        expect((await store.listDeliveries({ limit: 9 })).items).toEqual([]);
        expect(await store.auditHead()).toEqual(GENESIS);
      });

      it('owes a new event to each channel once, ordered by the job, or by the watch without one', async () => {
        const ofJob = plan(1, { channels: ['oncall', 'dba', 'oncall'] });
        const ofWatch = plan(2);
        ofWatch.event = { ...ofWatch.event, name: 'watch_failing', job: null };
        await store.commitPoll(aCommit({ at: T0 + 5, events: [ofJob, ofWatch] }));

        const { items } = await store.listDeliveries({ limit: 9 });
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

      it('leaves an event that is already there as it is, and owes nothing twice', async () => {
        const planned = plan(1);
        await store.commitPoll(aCommit({ events: [planned, planned] }));
        const again = { ...plan(1, { summary: 'told otherwise' }), channels: ['oncall', 'dba'] };
        await store.commitPoll(aCommit({ events: [again, plan(2)] }));

        const { items } = await store.listEvents({ limit: 9 });
        expect(items.map(({ event }) => event)).toEqual([plan(2).event, planned.event]);
        expect(items.map(({ deliveries }) => deliveries.length)).toEqual([1, 1]);
      });
    });

    describe('events', () => {
      it('are listed newest first, with what became of them, by job, watch and time, page by page', async () => {
        const planned = [
          plan(1, { job: 1 }),
          plan(2, { job: 2, channels: [] }),
          plan(3, { job: 1, watch: 'other' }),
          plan(4, { job: 2 }),
          plan(5, { job: 1, detectedAt: T0 + 4 }),
        ];
        await store.commitPoll(aCommit({ events: planned }));
        const number = (id: string) => planned.findIndex(({ event }) => event.id === id) + 1;
        const listed = async (filter: object) =>
          (await store.listEvents({ limit: 9, ...filter })).items.map(({ event }) => number(event.id));

        const all = await pages((page) => store.listEvents({ limit: 2, ...page }));
        expect(all.map((page) => page.map(({ event }) => number(event.id)))).toEqual([[5, 4], [3, 2], [1]]);
        expect(await listed({ jobId: jobId(1) })).toEqual([5, 3, 1]);
        expect(await listed({ watch: 'other' })).toEqual([3]);
        expect(await listed({ since: T0 + 3 })).toEqual([5, 4, 3]);

        const { items } = await store.listEvents({ limit: 2, jobId: jobId(2) });
        expect(items.map(({ suppressed, deliveries }) => [suppressed, deliveries.length])).toEqual([
          [null, 1],
          ['no_route', 0],
        ]);
      });

      it('are not listed from a cursor that was never given out', async () => {
        const forged = Buffer.from('["x"]').toString('base64url');
        for (const cursor of ['nonsense', forged, '']) {
          const refusal = await store.listEvents({ limit: 1, cursor }).catch((error: unknown) => error);
          expect(refusal).toBeInstanceOf(WatcherError);
          expect(refusal).toMatchObject({ code: 'bad_cursor' });
        }
      });
    });

    outboxContract(() => store);
    muteContract(() => store);
    digestContract(() => store);
    fallbackContract(() => store);
    reminderContract(() => store);

    describe('the audit log', () => {
      it('is one unbroken chain over everything that writes to it', async () => {
        await store.recordAudit([aDraft(1), aDraft(2)]);
        await store.commitPoll(aCommit({ events: [plan(1)], audit: [aDraft(3)] }));
        await store.recordOutcomes([], [aDraft(4)]);
        await store.recordAudit([]);

        const entries = await store.readAudit(0, 9);
        expect(entries.map(({ data }) => data)).toEqual([1, 2, 3, 4].map((number) => ({ number })));
        let head = GENESIS;
        for (const entry of entries) {
          expect(brokenLink(head, entry)).toBeNull();
          head = { seq: entry.seq, hash: entry.hash };
        }
        expect(await store.auditHead()).toEqual(head);
      });

      it('begins with the genesis', async () => {
        expect(await store.auditHead()).toEqual(GENESIS);
        expect(await store.readAudit(0, 9)).toEqual([]);
      });

      it('remembers how far the mirror has got, and never goes back', async () => {
        expect(await store.mirroredSeq()).toBe(0);
        await store.noteMirrored(7);
        await store.noteMirrored(5);
        expect(await store.mirroredSeq()).toBe(7);
      });

      it('is read in order, page by page', async () => {
        await store.recordAudit(Array.from({ length: 120 }, (_, index) => aDraft(index + 1)));
        const seqs = async (after: number, limit: number) =>
          (await store.readAudit(after, limit)).map(({ seq }) => seq);
        expect(await seqs(0, 2)).toEqual([1, 2]);
        expect(await seqs(117, 9)).toEqual([118, 119, 120]);
        expect(await seqs(120, 9)).toEqual([]);
      });

      it('stays one chain when many write at once', async () => {
        await Promise.all(Array.from({ length: 20 }, (_, index) => store.recordAudit([aDraft(index)])));
        const entries = await store.readAudit(0, 99);
        expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
        expect(entries.slice(1).every((entry, index) => entry.prev === entries[index]?.hash)).toBe(true);
      });
    });

    describe('the whole', () => {
      it('can be claimed by its daemon, again and again', async () => {
        await store.claimDaemon();
        await store.claimDaemon();
      });

      it('proves that it can be written without leaving a trace', async () => {
        await store.commitPoll(aCommit({ takesBaseline: true, observations: [anObservation()] }));
        await store.checkWritable();
        await store.checkWritable();
        expect((await store.listObservations({ limit: 9 })).items).toHaveLength(1);
        expect((await store.auditHead()).seq).toBe(0);
      });

      it('finishes what is in hand before it closes, and refuses what comes after', async () => {
        const inHand = store.commitPoll(aCommit({ observations: [anObservation()], audit: [aDraft()] }));
        const closing = [store.close(), store.close()];
        await expect(inHand).resolves.toBeUndefined();
        await Promise.all(closing);
        await expect(store.auditHead()).rejects.toMatchObject({ reason: 'unavailable' });
      });

      it('keeps its word when everything happens at once', async () => {
        const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
        await Promise.all([
          ...numbers.map((number) =>
            store.commitPoll(
              aCommit({
                observations: [anObservation(aJob([], { id: jobId(number), createdAt: T0 + HOUR + number }))],
                events: [plan(number, { job: number })],
                audit: [aDraft(number)],
              }),
            ),
          ),
          expect(
            store.commitPoll(aCommit({ observations: [anObservation()], audit: [anImpossibleDraft()] })),
          ).rejects.toThrow(),
        ]);
        expect((await store.listObservations({ limit: 99 })).items).toHaveLength(30);
        expect((await store.listDeliveries({ limit: 99 })).items).toHaveLength(30);
        expect((await store.auditHead()).seq).toBe(30);
      });
    });
  });
}

/** Walks a listing to its end. */
async function pages<T>(list: (page: { cursor?: string }) => Promise<Rows<T>>): Promise<T[][]> {
  const read: T[][] = [];
  let cursor: string | null = null;
  do {
    const { items, nextCursor }: Rows<T> = await list(cursor === null ? {} : { cursor });
    read.push(items);
    cursor = nextCursor;
  } while (cursor !== null && read.length < 50);
  return read;
}
