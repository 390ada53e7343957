import { describe, expect, it } from 'vitest';
import { jobOf } from '../../../src/domain/event/subject.ts';
import type { Observation } from '../../../src/domain/job/observation.ts';
import type { Milestone } from '../../../src/domain/job/restore-job.ts';
import { WatcherError } from '../../../src/errors.ts';
import type { Rows } from '../../../src/store/ports/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { aJob, anObservation, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { turnsDuring } from '../../support/turns-during.ts';
import { LEASE_MS, NOW, outboxSteps } from '../outbox-steps.ts';
import { aCommit, plan } from '../support.ts';

/** What every store shows people and scripts of what is on record, and what it sends again for them. */
export function recordsContract(store: () => Store): void {
  const { claim, record, owe, idOf, ids, delivered, givenUp, stored } = outboxSteps(store);

  describe('events in the order of the record', () => {
    it('are read on from a place, each once, however they are cut', async () => {
      expect(await store().lastPlace()).toBe(0);
      await owe(plan(1), plan(2), plan(3));
      const all = await store().eventsAfter(0, 9);
      expect(all.map(({ event }) => event.id)).toEqual(
        [plan(1), plan(2), plan(3)].map(({ event }) => event.id),
      );
      expect(all.at(-1)?.place).toBe(await store().lastPlace());

      const read: string[] = [];
      for (let place = 0, page = all; page.length > 0; place = page.at(-1)?.place ?? 0) {
        page = await store().eventsAfter(place, 2);
        read.push(...page.map(({ event }) => event.id));
      }
      expect(read).toEqual(all.map(({ event }) => event.id));
    });

    it('are found by their ids', async () => {
      await owe(plan(1), plan(2));
      const [first] = await store().eventsAfter(0, 1);
      expect(await store().placeOfEvent(plan(1).event.id)).toBe(first?.place);
      expect(await store().placeOfEvent('never')).toBeNull();
    });
  });

  describe('observations on record', () => {
    it('are listed newest job first, by watch, job and state, page by page', async () => {
      const all = [1, 2, 3, 4, 5].map((number) =>
        anObservation(aJob(number % 2 ? ['failed'] : [], { id: jobId(number), createdAt: T0 + number }), {
          watch: number < 4 ? 'orders' : 'other',
        }),
      );
      await store().commitPoll(aCommit({ observations: all }));
      const [one, two, three, four, five] = all;

      expect(await pages((page) => store().listObservations({ limit: 2, ...page }))).toEqual([
        [five, four],
        [three, two],
        [one],
      ]);
      const listed = async (filter: object) =>
        (await store().listObservations({ limit: 9, ...filter })).items;
      expect(await listed({ watch: 'orders', state: 'failed' })).toEqual([three, one]);
      expect(await listed({ jobId: jobId(4) })).toEqual([four]);
    });

    it('are found by the beginning and the end of their ids, the greatest first, and each once', async () => {
      const ids = ['6b0a000000000000000000a1', '6b0a000000000000000000b2', '6b0b000000000000000000a1'];
      const observations = ids.map((id) => anObservation(aJob([], { id })));
      const [again] = ids.map((id) => anObservation(aJob([], { id }), { watch: 'all' }));
      await store().commitPoll(aCommit({ observations: [...observations, again as Observation] }));
      const find = (head: string, tail = '', limit = 9) =>
        store().findJobIds({ head, tail, watch: null }, limit);
      expect(await find('6b0a')).toEqual({ ids: [ids[1], ids[0]], isComplete: true });
      expect((await find('6b0', 'a1')).ids).toEqual([ids[2], ids[0]]);
      expect((await find('6b0', '', 1)).ids).toEqual([ids[2]]);
      expect((await find(String(ids[0]))).ids).toEqual([ids[0]]);
      expect((await find('6b0c')).ids).toEqual([]);
    });

    it('are found by their ids among what is told, where nobody has observed them', async () => {
      await owe(plan(1));
      const [job = ''] = (await store().listEvents({ limit: 1 })).items.map(({ event }) => jobOf(event)?.id);
      expect(
        (await store().findJobIds({ head: job.slice(0, 8), tail: job.slice(-2), watch: null }, 2)).ids,
      ).toEqual([job]);
      const [delivery = ''] = (await store().listDeliveries({ limit: 1 })).items.map(({ id }) => id);
      const found = await store().findDeliveryIds(
        { head: delivery.slice(0, 6), tail: ':oncall', watch: null },
        2,
      );
      expect(found).toEqual({ ids: [delivery], isComplete: true });
    });

    it('are counted by watch and state', async () => {
      const of = (number: number, watch: string, failed: boolean) =>
        anObservation(aJob(failed ? ['failed'] : [], { id: jobId(number) }), { watch });
      await store().commitPoll(
        aCommit({
          observations: [of(1, 'b', true), of(2, 'b', true), of(3, 'a', false), of(4, 'b', false)],
        }),
      );
      expect(await store().countJobs()).toEqual([
        { watch: 'a', state: 'in_progress', count: 1 },
        { watch: 'b', state: 'failed', count: 2 },
        { watch: 'b', state: 'in_progress', count: 1 },
      ]);
    });
  });

  describe('what looks at thousands of rows', () => {
    const numbers = Array.from({ length: 2_500 }, (_, index) => index);

    it('gives others their turn while it looks for an id', async () => {
      const observations = numbers.map((number) =>
        anObservation(aJob([], { id: `6b0a${String(number).padStart(19, '0')}0` })),
      );
      await store().commitPoll(aCommit({ observations }));
      const find = () => store().findJobIds({ head: '6b0a', tail: '1', watch: null }, 9);
      expect(await find()).toEqual({ ids: [], isComplete: true });
      expect(await turnsDuring(find)).toBeGreaterThanOrEqual(2);
    });

    it('gives others their turn while it looks for events of a target', async () => {
      await store().commitPoll(aCommit({ events: numbers.map((number) => plan(number, { channels: [] })) }));
      const list = () => store().listEvents({ limit: 100, target: 'none' });
      expect((await list()).items).toEqual([]);
      expect(await turnsDuring(list)).toBeGreaterThanOrEqual(19);
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
      await store().commitPoll(aCommit({ takesBaseline: true, observations }));
      const running = await store().oldestRunning(['orders'], 2);
      expect(running).toEqual([observations[2], observations[3]]);
      expect(await store().oldestRunning(['orders', 'other'], 9)).toEqual(
        [5, 2, 3, 0].map((index) => observations[index]),
      );
      expect(await store().oldestRunning(['nobody'], 2)).toEqual([]);
      expect(await store().runningSince()).toEqual(
        new Map([
          ['orders', observations[2]?.job?.createdAt],
          ['other', observations[5]?.job?.createdAt],
        ]),
      );
    });
  });

  describe('when a restore finished last', () => {
    it('is known of each instance, the latest first', async () => {
      const of = (number: number, finishedAt: number, outcome: Milestone = 'finished') =>
        anObservation(aJob([outcome], { id: jobId(number), createdAt: T0, finishedAt }));
      const commit = (targetKey: string, ...observations: Observation[]) =>
        store().commitPoll(aCommit({ targetKey, observations }));
      await commit(
        'orders/flex/p/orders',
        of(1, T0 + 3),
        of(2, T0 + 5),
        of(3, T0 + 4),
        of(4, T0 + 9, 'failed'),
      );
      await commit('orders/flex/p/orders', of(5, T0 + 2));
      await commit('orders/flex/p/carts', of(6, T0 + 7));
      await commit('orders/flex/p/users', of(7, T0 + 9, 'failed'));
      const project = { watch: 'orders', groupId: 'p' };
      expect(await store().lastFinishes(['orders'], 9)).toEqual([
        { ...project, instanceName: 'carts', finishedAt: T0 + 7 },
        { ...project, instanceName: 'orders', finishedAt: T0 + 5 },
      ]);
      expect(await store().lastFinishes(['orders'], 1)).toHaveLength(1);
    });

    it('is told of the watches that are asked for, however many of others finished later', async () => {
      const commit = (watch: string, number: number) =>
        store().commitPoll(
          aCommit({
            ...{ watch, targetKey: `${watch}/flex/p/i${number}` },
            observations: [
              anObservation(aJob(['finished'], { id: jobId(number), finishedAt: T0 + number }), { watch }),
            ],
          }),
        );
      for (const number of [1, 2]) await commit('orders', number);
      for (const number of [3, 4, 5]) await commit('left', number);
      const found = await store().lastFinishes(['orders', 'nobody'], 2);
      expect(found.map(({ instanceName }) => instanceName)).toEqual(['i2', 'i1']);
      expect(await store().lastFinishes([], 9)).toEqual([]);
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
      await store().commitPoll(aCommit({ events: planned }));
      const number = (id: string) => planned.findIndex(({ event }) => event.id === id) + 1;
      const listed = async (filter: object) =>
        (await store().listEvents({ limit: 9, ...filter })).items.map(({ event }) => number(event.id));

      const all = await pages((page) => store().listEvents({ limit: 2, ...page }));
      expect(all.map((page) => page.map(({ event }) => number(event.id)))).toEqual([[5, 4], [3, 2], [1]]);
      expect(await listed({ jobId: jobId(1) })).toEqual([5, 3, 1]);
      expect(await listed({ watch: 'other' })).toEqual([3]);
      expect(await listed({ since: T0 + 3 })).toEqual([5, 4, 3]);

      const { items } = await store().listEvents({ limit: 2, jobId: jobId(2) });
      expect(items.map(({ suppressed, deliveries }) => [suppressed, deliveries.length])).toEqual([
        [null, 1],
        ['no_route', 0],
      ]);
    });

    it('are not listed from a cursor that was never given out', async () => {
      const forged = Buffer.from('["x"]').toString('base64url');
      for (const cursor of ['nonsense', forged, '']) {
        const refusal = await store()
          .listEvents({ limit: 1, cursor })
          .catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(WatcherError);
        expect(refusal).toMatchObject({ code: 'bad_cursor' });
      }
    });
  });

  describe('what has happened', () => {
    it('can be told from what is only told again or was made to try the way', async () => {
      const again = plan(2, { name: 'started', reminder: { number: 3, since: T0 } });
      await store().commitPoll(
        aCommit({ events: [plan(1, { name: 'started' }), again, plan(3, { test: true })] }),
      );
      const names = async (onlyHappened?: boolean) =>
        (await store().listEvents({ limit: 9, onlyHappened })).items.map(({ event }) => event.id).sort();
      expect(await names(true)).toEqual([plan(1).event.id]);
      expect(await names()).toEqual([plan(1).event.id, plan(2).event.id, plan(3).event.id].sort());
    });
  });

  describe('redriving', () => {
    async function giveUpThree(): Promise<void> {
      await owe(...[1, 2, 3, 4].map((number) => plan(number, { job: number })));
      await claim();
      for (const number of [1, 2, 3]) await record(givenUp(number));
    }

    it('makes all that were given up due again, in order', async () => {
      await giveUpThree();
      expect(await store().redrive('given_up', NOW + 50)).toEqual([idOf(1), idOf(2), idOf(3)]);
      expect(ids(await claim({ now: NOW + 49 }))).toEqual([]);
      expect(ids(await claim({ now: NOW + 50 }))).toEqual([idOf(1), idOf(2), idOf(3)]);
      expect(await store().redrive('given_up', NOW + 60)).toEqual([]);
    });

    it('makes only those named due again, and says which were', async () => {
      await giveUpThree();
      expect(await store().redrive([idOf(2), idOf(4), 'unknown'], NOW)).toEqual([idOf(2)]);
      expect(await store().redrive([], NOW)).toEqual([]);
      expect(await stored(1)).toMatchObject({ status: 'given_up' });
    });

    it('begins the retry schedule anew', async () => {
      await giveUpThree();
      await store().redrive([idOf(1)], NOW + 50);
      expect(await stored(1)).toMatchObject({
        status: 'pending',
        nextAttemptAt: NOW + 50,
        attemptsStarted: 0,
        attemptsFinished: 0,
        firstAttemptAt: null,
        endedAt: null,
        lastDetail: '404',
      });
    });

    it('does not forget an attempt that was cut off', async () => {
      await owe(plan(1));
      await claim();
      await claim({ now: NOW + LEASE_MS });
      await record(givenUp(1));
      await store().redrive('given_up', NOW + LEASE_MS);
      expect(await claim({ now: NOW + LEASE_MS })).toMatchObject([{ wasInterrupted: true }]);
    });

    it('is written down, entry by entry', async () => {
      await giveUpThree();
      await store().redrive([idOf(3), idOf(1)], NOW);
      const entries = await store().readAudit(0, 9);
      expect(entries.map(({ kind, data }) => [kind, data])).toEqual(
        [1, 3].map((number) => [
          'delivery.redriven',
          { deliveryId: idOf(number), eventId: plan(number).event.id, channel: 'oncall' },
        ]),
      );
    });
  });

  describe('deliveries', () => {
    it('are listed newest first, by channel and status, page by page', async () => {
      await owe(plan(1, { job: 1, channels: ['oncall', 'dba'] }), plan(2, { job: 2 }), plan(3, { job: 3 }));
      await claim();
      await record(givenUp(1));
      await record(delivered(2));
      const list = async (filter: object) =>
        store()
          .listDeliveries({ limit: 9, ...filter })
          .then(({ items }) => ids(items));
      expect(await list({})).toEqual([idOf(3), idOf(2), idOf(1, 'dba'), idOf(1)]);
      expect(await list({ channel: 'dba' })).toEqual([idOf(1, 'dba')]);
      expect(await list({ status: 'given_up' })).toEqual([idOf(1)]);
      expect(await list({ channel: 'oncall', status: 'pending' })).toEqual([idOf(3)]);

      const first = await store().listDeliveries({ limit: 3 });
      expect(first.items[2]).toMatchObject({
        id: idOf(1, 'dba'),
        event: { subject: { job: { id: jobId(1) } } },
      });
      const second = await store().listDeliveries({ limit: 3, cursor: first.nextCursor ?? '' });
      expect(ids(second.items)).toEqual([idOf(1)]);
      expect(second.nextCursor).toBeNull();
    });

    it('are counted by channel and status', async () => {
      await owe(plan(1, { job: 1, channels: ['oncall', 'dba'] }), plan(2, { job: 2 }), plan(3, { job: 3 }));
      await claim();
      await record(givenUp(1));
      expect(await store().countDeliveries(NOW)).toEqual([
        { channel: 'dba', status: 'pending', count: 1, held: 0 },
        { channel: 'oncall', status: 'given_up', count: 1, held: 0 },
        { channel: 'oncall', status: 'pending', count: 2, held: 0 },
      ]);
    });

    it('tell since when the oldest that each channel owes is owed, with a digest from its slot', async () => {
      await owe(plan(1, { job: 1, channels: ['oncall'] }), {
        ...plan(2, { job: 2, channels: ['dba'] }),
        heldUntil: new Map([['dba', NOW + MINUTE]]),
      });
      expect(await store().owedSince(['oncall', 'dba', 'chat'])).toEqual(
        new Map([['oncall', T0], ['dba', NOW + MINUTE]]), // biome-ignore format: one map
      );
      await claim();
      await record(delivered(1));
      expect([...(await store().owedSince(['oncall', 'dba'])).keys()]).toEqual(['dba']);
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
