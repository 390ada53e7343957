import { describe, expect, it } from 'vitest';
import { expectedEnd, usualsFrom } from '../../../src/domain/job/eta.ts';
import { runningCards } from '../../../src/views/page/running.ts';
import type { WatchStatus } from '../../../src/watcher/status.ts';
import { aJob, anObservation, MINUTE, T0 } from '../../support/builders.ts';
import { aRecord, aRunning, PAGE_NOW, pageFacts } from '../../support/page-facts.ts';
import { aWatcherStatus, aWatchStatus } from '../../support/statuses.ts';

const minutes = (...list: number[]): number[] => list.map((each) => each * MINUTE);
const job = (id: string, minutesAgo: number, over = {}) =>
  anObservation(aJob([], { id, createdAt: PAGE_NOW - minutesAgo * MINUTE, ...over }), { jobId: id });
const cards = (...running: ReturnType<typeof aRunning>[]) =>
  runningCards(pageFacts({ record: aRecord({ running }) }));

describe('what runs', () => {
  it('is measured by what is usual on its instance: the median, and what nine of ten keep', () => {
    const eta = {
      at: T0 + 20 * MINUTE,
      basis: 'history' as const,
      usualMs: 20 * MINUTE,
      samples: 10,
      isOverdue: false,
    };
    const history = minutes(11, 12, 14, 18, 20, 20, 22, 25, 30, 90);
    const [card] = cards(aRunning(job('a', 10), history, { eta }));
    expect(card).toMatchObject({
      elapsedMs: 10 * MINUTE,
      usual: { usualMs: 20 * MINUTE, mostMs: 30 * MINUTE, samples: 10 },
      share: 0.5,
      basis: 'history',
      isOver: false,
      expectedEndAt: T0 + 20 * MINUTE,
    });
  });

  it('is over its usual time when messages say so too: past the middle of an even number', () => {
    // Half-way between 10 and 20 minutes; the lower of the two is no median.
    const history = minutes(10, 20);
    const usuals = usualsFrom(history.map((durationMs) => ({ deliveryType: 'automated', durationMs })));
    const at = (ago: number) => {
      const seen = job('a', ago);
      return cards(
        aRunning(seen, history, { eta: expectedEnd(aJob([], seen.job ?? {}), PAGE_NOW, usuals) }),
      )[0];
    };
    expect(at(14)).toMatchObject({ usual: { usualMs: 15 * MINUTE }, isOver: false });
    expect(at(16)).toMatchObject({ usual: { usualMs: 15 * MINUTE }, isOver: true, expectedEndAt: null });
  });

  it('has one median, that of its expected end, where one more has finished since that was read', () => {
    const eta = { at: T0, basis: 'history' as const, usualMs: 9 * MINUTE, samples: 2, isOverdue: false };
    const [card] = cards(aRunning(job('a', 3), minutes(3, 8, 10), { eta }));
    expect(card).toMatchObject({ usual: { usualMs: 9 * MINUTE, samples: 2 }, share: 3 / 9 });
  });

  it('has no bar and no end once it is over its usual time', () => {
    const eta = { at: T0, basis: 'history' as const, usualMs: 4 * MINUTE, samples: 3, isOverdue: true };
    const [card] = cards(aRunning(job('a', 9), minutes(3, 4, 5), { eta }));
    expect(card).toMatchObject({ isOver: true, share: null, expectedEndAt: null });
  });

  it('goes by its own progress where Atlas tells it, however long it has run', () => {
    const eta = { at: T0 + 40 * MINUTE, basis: 'progress' as const, doneShare: 0.25 };
    const [card] = cards(aRunning(job('a', 9), minutes(3, 4, 5), { eta }));
    expect(card).toMatchObject({
      isOver: false,
      share: 0.25,
      basis: 'progress',
      expectedEndAt: T0 + 40 * MINUTE,
    });
  });

  it('is not seen while its watch is blind, or its place in a watch of many', () => {
    const since = PAGE_NOW - 5 * MINUTE;
    const fault = { reason: 'auth', message: 'no', hint: null, since };
    const unseen = (status: Partial<WatchStatus>) => {
      const facts = { record: aRecord({ running: [aRunning(job('a', 9))] }) };
      const watches = [aWatchStatus(status)];
      return runningCards(pageFacts({ ...facts, status: aWatcherStatus({ watches }) }))[0]?.unseenSince;
    };
    const place = (instanceName: string | null, blindForMs = 5 * MINUTE) => ({
      faults: [{ ...fault, blindForMs, place: { groupId: aJob().groupId, projectName: null, instanceName } }],
    });
    expect(unseen({})).toBeNull();
    expect(unseen({ sinceSuccessMs: 5 * MINUTE, fault })).toBe(since);
    expect([unseen(place(null)), unseen(place('orders'))]).toEqual([since, since]);
    // Another instance; and one that may yet be read in time.
    expect([unseen(place('carts')), unseen(place('orders', 1_000))]).toEqual([null, null]);
    expect(unseen({ watch: 'other', sinceSuccessMs: 5 * MINUTE, fault })).toBeNull();
  });

  it('shows first what is farthest over its usual, then what has run longest', () => {
    const over = (id: string, ago: number, usual: number) => {
      const seen = job(id, ago);
      const history = minutes(usual);
      const usuals = usualsFrom([{ deliveryType: 'automated', durationMs: usual * MINUTE }]);
      return aRunning(seen, history, { eta: expectedEnd(aJob([], seen.job ?? {}), PAGE_NOW, usuals) });
    };
    const found = cards(over('new', 1, 5), over('twice', 10, 5), over('old', 4, 5), over('thrice', 6, 2));
    expect(found.map((card) => card.job.id)).toEqual(['thrice', 'twice', 'old', 'new']);
  });
});
