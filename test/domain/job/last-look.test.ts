import { describe, expect, it } from 'vitest';
import { lastGoodLook } from '../../../src/domain/job/last-look.ts';
import { diffObservations } from '../../../src/domain/job/transition.ts';
import { aJob, anObservation, MINUTE, T0 } from '../../support/builders.ts';
import { aContext } from '../../support/comparisons.ts';

const running = anObservation(aJob(), { changedAt: T0 + MINUTE });
const undated = aJob([], {
  state: 'failed',
  reached: [
    { milestone: 'started', at: T0 },
    { milestone: 'failed', at: null },
  ],
});

describe('the last good look at a job', () => {
  it.each([
    ['is the last look at its target', running, T0 + 5 * MINUTE, T0 + 5 * MINUTE],
    ['is when it was seen to change, where no look is remembered', running, null, T0 + MINUTE],
    ['is when it was seen to change, where that came later', running, T0, T0 + MINUTE],
    [
      'was before it ended, where nobody asks for it any more',
      anObservation(aJob(['failed']), { changedAt: T0 + MINUTE }),
      T0 + 5 * MINUTE,
      T0 + MINUTE,
    ],
    ['is none for a job that nobody knew', undefined, T0, null],
    ['is none where Atlas could not be understood', { ...running, anomaly: 'odd' }, T0, null],
    ['is none where nothing readable was ever seen', { ...running, job: null }, T0, null],
    ['is none where Atlas said that there is no such job', { ...running, notFoundCount: 1 }, T0, null],
  ])('%s', (_what, previous, lastLookAt, expected) => {
    expect(lastGoodLook(previous, lastLookAt)).toBe(expected);
  });

  it('goes with the transition, and what has no date is noticed', () => {
    const now = T0 + 6 * MINUTE;
    const context = aContext({ now, lastLookAt: T0 + 5 * MINUTE });
    const { transitions, observation } = diffObservations(running, undated, context);
    expect(transitions).toMatchObject([
      { milestone: 'failed', occurredAt: now, lastLookAt: T0 + 5 * MINUTE },
    ]);
    expect(observation?.noticed).toEqual({ failed: now });
  });

  it('notices nothing where Atlas gives the time', () => {
    const { observation } = diffObservations(running, aJob(['failed']), aContext());
    expect(observation).not.toHaveProperty('noticed');
  });
});
