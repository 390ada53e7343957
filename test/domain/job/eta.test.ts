import { describe, expect, it } from 'vitest';
import { expectedEnd, type Usuals, usualsFrom } from '../../../src/domain/job/eta.ts';
import { aJob, MINUTE, T0 } from '../../support/builders.ts';

const NOW = T0 + 10 * MINUTE;

function taking(...durationsMs: number[]): Usuals {
  return usualsFrom(durationsMs.map((durationMs) => ({ deliveryType: 'automated', durationMs })));
}

describe('the expected end of a job', () => {
  it('follows from its own progress, at the pace so far, whatever history says', () => {
    const job = aJob([], { progress: { done: 25, total: 100 } });
    expect(expectedEnd(job, NOW, taking(MINUTE))).toEqual({
      at: T0 + 40 * MINUTE,
      basis: 'progress',
      doneShare: 0.25,
    });
  });

  it('is now when all is done but the job still runs', () => {
    expect(expectedEnd(aJob([], { progress: { done: 7, total: 7 } }), NOW, taking())).toMatchObject({
      at: NOW,
    });
  });

  it.each([
    ['nothing is done yet', { done: 0, total: 100 }, NOW],
    ['the total is not known', { done: 0, total: 0 }, NOW],
    ['more is done than there is', { done: 101, total: 100 }, NOW],
    ['the clock lags behind the creation', { done: 50, total: 100 }, T0 - 1],
  ])('falls back on history when %s', (_when, progress, now) => {
    expect(expectedEnd(aJob([], { progress }), now, taking(MINUTE))).toMatchObject({ basis: 'history' });
    expect(expectedEnd(aJob([], { progress }), now, taking())).toBeNull();
  });

  it('follows from the median of the history, which one odd restore does not move', () => {
    expect(expectedEnd(aJob(), NOW, taking(600 * MINUTE, 14 * MINUTE, 12 * MINUTE))).toEqual({
      at: T0 + 14 * MINUTE,
      basis: 'history',
      isOverdue: false,
      usualMs: 14 * MINUTE,
      samples: 3,
    });
    expect(expectedEnd(aJob(), NOW, taking(20 * MINUTE, 12 * MINUTE))).toMatchObject({
      usualMs: 16 * MINUTE,
    });
  });

  it('is overdue once the job runs longer than usual', () => {
    expect(expectedEnd(aJob(), T0 + 4 * MINUTE, taking(4 * MINUTE))).toMatchObject({ isOverdue: false });
    expect(expectedEnd(aJob(), T0 + 4 * MINUTE + 1, taking(4 * MINUTE))).toMatchObject({ isOverdue: true });
  });

  it('is unknown without progress and history', () => {
    expect(expectedEnd(aJob(), NOW, taking())).toBeNull();
  });

  it.each(['ready', 'finished', 'failed', 'cancelled', 'expired'] as const)(
    'is no matter once a job is %s',
    (state) => {
      expect(expectedEnd(aJob([state]), NOW, taking(MINUTE))).toBeNull();
    },
  );

  it('is drawn from restores of the same delivery type', () => {
    const usuals = usualsFrom([
      { deliveryType: 'automated', durationMs: MINUTE },
      { deliveryType: 'download', durationMs: 2 * MINUTE },
      { deliveryType: 'automated', durationMs: 3 * MINUTE },
    ]);
    expect(expectedEnd(aJob(), NOW, usuals)).toMatchObject({ usualMs: 2 * MINUTE, samples: 2 });
    expect(expectedEnd(aJob([], { deliveryType: 'download' }), NOW, usuals)).toMatchObject({ samples: 1 });
    expect(expectedEnd(aJob([], { deliveryType: 'collection' }), NOW, usuals)).toBeNull();
  });
});
