import { describe, expect, it } from 'vitest';
import { type Milestone, type RestoreJob, stateAfter } from '../../../src/domain/job/restore-job.ts';
import { diffObservations } from '../../../src/domain/job/transition.ts';
import { aJob, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import {
  aContext,
  announced,
  LIVES,
  type Life,
  NOW,
  recorded,
  the,
  written,
} from '../../support/comparisons.ts';

describe('a job at first sight', () => {
  const lives = Object.entries(LIVES) as Array<[Life, readonly Milestone[]]>;

  it.each(lives)('is announced in whatever state it is found when it is named: %s', (_life, outcomes) => {
    const comparison = diffObservations(undefined, aJob(outcomes), aContext({ firstSight: 'named' }));
    expect(announced(comparison)).toEqual(['started', ...outcomes]);
    expect(written(comparison)).toMatchObject({
      firstSight: 'named',
      firstSeenAt: NOW,
      changedAt: NOW,
      state: stateAfter(['started', ...outcomes]),
      milestones: ['started', ...outcomes],
    });
  });

  it.each(lives)('is announced, even if it has ended, when it is new: %s', (_life, outcomes) => {
    const comparison = diffObservations(undefined, aJob(outcomes), aContext({ firstSight: 'new' }));
    expect(announced(comparison)).toEqual(['started', ...outcomes]);
    expect(written(comparison).firstSight).toBe('new');
  });

  it.each(lives)('is recorded in silence when it belongs to the baseline: %s', (_life, outcomes) => {
    const comparison = diffObservations(undefined, aJob(outcomes), aContext({ firstSight: 'baseline' }));
    expect(announced(comparison)).toEqual([]);
    expect(comparison.transitions.map(({ verdict }) => verdict)).toEqual(
      ['started', ...outcomes].map(() => 'baseline'),
    );
    expect(written(comparison)).toMatchObject({
      firstSight: 'baseline',
      milestones: ['started', ...outcomes],
    });
  });

  it('of the baseline is followed: what it does from then on is announced', () => {
    const seen = diffObservations(undefined, aJob(), aContext({ firstSight: 'baseline', now: T0 + MINUTE }));
    const later = diffObservations(written(seen), aJob(['failed']), aContext({ firstSight: 'new' }));
    expect(announced(later)).toEqual(['failed']);
    expect(the(later, 'failed').inferred).toBe(false);
    expect(written(later)).toMatchObject({ firstSight: 'baseline', firstSeenAt: T0 + MINUTE });
  });
});

describe('announceExisting', () => {
  const atBaseline = (job: RestoreJob, announceExisting: boolean | number, now = NOW): Milestone[] =>
    announced(diffObservations(undefined, job, aContext({ firstSight: 'baseline', announceExisting, now })));

  it('true announces all of the past', () => {
    expect(atBaseline(aJob(), true)).toEqual(['started']);
    expect(atBaseline(aJob(['finished', 'expired']), true)).toEqual(['started', 'finished', 'expired']);
  });

  it('false announces none of it', () => {
    expect(atBaseline(aJob(), false)).toEqual([]);
    expect(atBaseline(aJob(['failed']), false)).toEqual([]);
  });

  it.each<[string, RestoreJob, number, boolean]>([
    ['ended within it', aJob(['finished']), 14 * MINUTE + HOUR, true],
    ['ended just within it', aJob(['finished']), 14 * MINUTE + 24 * HOUR, true],
    ['ended before it', aJob(['finished']), 14 * MINUTE + 24 * HOUR + 1, false],
    [
      'finished before it and expired within it',
      aJob(['finished', 'expired']),
      14 * MINUTE + 24.5 * HOUR,
      true,
    ],
    ['is still running', aJob(), MINUTE, false],
    ['became ready within it', aJob(['ready']), HOUR, true],
  ])('24 h, for a job that %s', (_case, job, age, expected) => {
    const milestones = job.reached.map(({ milestone }) => milestone);
    expect(atBaseline(job, 24 * HOUR, T0 + age)).toEqual(expected ? milestones : []);
  });

  it('goes by the creation of the job where Atlas does not say when it ended', () => {
    const reached: RestoreJob['reached'] = [
      { milestone: 'started', at: T0 },
      { milestone: 'cancelled', at: null },
    ];
    const job = aJob(['cancelled'], { reached, finishedAt: null });
    expect(atBaseline(job, HOUR, T0 + HOUR)).toEqual(['started', 'cancelled']);
    expect(atBaseline(job, HOUR, T0 + HOUR + 1)).toEqual([]);
  });

  it('does not concern what is not of the baseline', () => {
    for (const firstSight of ['named', 'new'] as const) {
      const comparison = diffObservations(
        undefined,
        aJob(['failed']),
        aContext({ firstSight, announceExisting: false, now: T0 + 1_000 * HOUR }),
      );
      expect(announced(comparison)).toEqual(['started', 'failed']);
    }
  });
});

describe('a start', () => {
  it.each<[Life, boolean]>([
    ['running', false],
    ['ready', true],
    ['finished', true],
    ['failed', true],
    ['cancelled', true],
    ['expired', true],
    ['finished, expired', true],
  ])('is inferred when nobody saw the job running: first seen %s, %s', (life, inferred) => {
    const start = the(diffObservations(undefined, aJob(LIVES[life]), aContext()), 'started');
    expect(start).toMatchObject({ inferred, from: null, to: 'in_progress', occurredAt: T0 });
  });

  it('is the only thing that is ever inferred', () => {
    const comparison = diffObservations(undefined, aJob(['finished', 'expired']), aContext());
    expect(comparison.transitions.map(({ inferred }) => inferred)).toEqual([true, false, false]);
  });
});

describe('the time of a transition', () => {
  it('is that of Atlas, and that of the look where Atlas gives none', () => {
    const reached: RestoreJob['reached'] = [
      { milestone: 'started', at: T0 },
      { milestone: 'finished', at: T0 + 14 * MINUTE },
      { milestone: 'expired', at: null },
    ];
    const comparison = diffObservations(undefined, aJob(['finished', 'expired'], { reached }), aContext());
    expect(comparison.transitions.map(({ occurredAt }) => occurredAt)).toEqual([T0, T0 + 14 * MINUTE, NOW]);
  });

  it.each([
    ['at once', 14 * MINUTE, false],
    ['2 min after it happened', 16 * MINUTE, false],
    ['more than 2 min after it happened', 16 * MINUTE + 1, true],
    ['by a clock that is behind Atlas', 10 * MINUTE, false],
  ])('makes it late or not: found %s', (_case, age, late) => {
    const comparison = diffObservations(recorded(), aJob(['failed']), aContext({ now: T0 + age }));
    expect(the(comparison, 'failed')).toMatchObject({
      late,
      occurredAt: T0 + 14 * MINUTE,
      verdict: 'announce',
    });
  });

  it('never drops one for its age', () => {
    const comparison = diffObservations(recorded(), aJob(['failed']), aContext({ now: T0 + 9_000 * HOUR }));
    expect(announced(comparison)).toEqual(['failed']);
  });

  it('does not make one late that Atlas gives no time for', () => {
    const job = aJob(['cancelled']);
    const reached = job.reached.map((each) => (each.milestone === 'started' ? each : { ...each, at: null }));
    const comparison = diffObservations(recorded(), { ...job, reached }, aContext({ now: T0 + 9 * HOUR }));
    expect(the(comparison, 'cancelled')).toMatchObject({ late: false, occurredAt: T0 + 9 * HOUR });
  });
});
