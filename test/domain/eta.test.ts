import { describe, expect, it } from 'vitest';
import { durationsOf, expectedEnd } from '../../src/domain/eta.ts';
import { aJob, MINUTE, T0 } from '../support/builders.ts';

const NOW = T0 + 10 * MINUTE;

describe('the expected end of a job', () => {
  it('follows from its own progress, at the pace so far, whatever history says', () => {
    const job = aJob([], { progress: { done: 25, total: 100 } });
    expect(expectedEnd(job, NOW, [MINUTE])).toEqual({
      at: T0 + 40 * MINUTE,
      basis: 'progress',
      doneShare: 0.25,
    });
  });

  it('is now when all is done but the job still runs', () => {
    expect(expectedEnd(aJob([], { progress: { done: 7, total: 7 } }), NOW, [])).toMatchObject({ at: NOW });
  });

  it.each([
    ['nothing is done yet', { done: 0, total: 100 }, NOW],
    ['the total is not known', { done: 0, total: 0 }, NOW],
    ['more is done than there is', { done: 101, total: 100 }, NOW],
    ['the clock lags behind the creation', { done: 50, total: 100 }, T0 - 1],
  ])('falls back on history when %s', (_when, progress, now) => {
    expect(expectedEnd(aJob([], { progress }), now, [MINUTE])).toMatchObject({ basis: 'history' });
    expect(expectedEnd(aJob([], { progress }), now, [])).toBeNull();
  });

  it('follows from the median of the history, which one odd restore does not move', () => {
    expect(expectedEnd(aJob(), NOW, [600 * MINUTE, 14 * MINUTE, 12 * MINUTE])).toEqual({
      at: T0 + 14 * MINUTE,
      basis: 'history',
      isOverdue: false,
      usualMs: 14 * MINUTE,
      samples: 3,
    });
    expect(expectedEnd(aJob(), NOW, [20 * MINUTE, 12 * MINUTE])).toMatchObject({ usualMs: 16 * MINUTE });
  });

  it('is overdue once the job runs longer than usual', () => {
    expect(expectedEnd(aJob(), T0 + 4 * MINUTE, [4 * MINUTE])).toMatchObject({ isOverdue: false });
    expect(expectedEnd(aJob(), T0 + 4 * MINUTE + 1, [4 * MINUTE])).toMatchObject({ isOverdue: true });
  });

  it('is unknown without progress and history', () => {
    expect(expectedEnd(aJob(), NOW, [])).toBeNull();
  });

  it.each(['ready', 'finished', 'failed', 'cancelled', 'expired'] as const)(
    'is no matter once a job is %s',
    (state) => {
      expect(expectedEnd(aJob([state]), NOW, [MINUTE])).toBeNull();
    },
  );

  it('is drawn from restores of the same delivery type', () => {
    const history = [
      { deliveryType: 'automated', durationMs: 1 },
      { deliveryType: 'download', durationMs: 2 },
      { deliveryType: 'automated', durationMs: 3 },
    ];
    expect(durationsOf(history, 'automated')).toEqual([1, 3]);
    expect(durationsOf(history, 'collection')).toEqual([]);
  });
});
