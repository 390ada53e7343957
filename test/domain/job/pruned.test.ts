import { describe, expect, it } from 'vitest';
import { handedOver, takeOver } from '../../../src/domain/job/handover.ts';
import {
  type Observation,
  observationOfPruned,
  overSince,
  type PrunedJob,
} from '../../../src/domain/job/observation.ts';
import {
  type ComparisonContext,
  compareNotFound,
  compareUnreadable,
  diffObservations,
  UNCHANGED,
} from '../../../src/domain/job/transition.ts';
import { aJob, anObservation, HOUR, MINUTE, T0 } from '../../support/builders.ts';

const CONTEXT: ComparisonContext = {
  watch: 'orders',
  now: T0 + 400 * 24 * HOUR,
  lastLookAt: null,
  firstSight: 'new',
  announceExisting: true,
  lateAfterMs: 10 * MINUTE,
};

function pruned(over: Partial<PrunedJob> = {}): Observation {
  const { watch, jobId, milestones, state, firstSeenAt } = anObservation(aJob(['finished']));
  const firstSight = 'baseline';
  return observationOfPruned({ watch, jobId, milestones, state, firstSight, firstSeenAt, ...over });
}

describe('a job that was pruned and that Atlas still lists', () => {
  it('is no news, and nothing is written of it', () => {
    expect(diffObservations(pruned(), aJob(['finished']), CONTEXT)).toEqual(UNCHANGED);
  });

  it('is left alone when Atlas says less of it than was recorded, or nothing that can be read, or that it is gone', () => {
    expect(diffObservations(pruned(), aJob([]), CONTEXT)).toEqual(UNCHANGED);
    expect(compareUnreadable(pruned(), aJob().id, 'no state', CONTEXT)).toEqual(UNCHANGED);
    expect(compareNotFound(pruned(), CONTEXT)).toEqual(UNCHANGED);
  });

  it('is told of when it has reached what was never recorded', () => {
    const { transitions, observation } = diffObservations(pruned(), aJob(['finished', 'expired']), CONTEXT);
    expect(transitions).toMatchObject([
      { milestone: 'expired', from: 'finished', verdict: 'announce', late: true },
    ]);
    const expected = { state: 'expired', milestones: ['started', 'finished', 'expired'], wasPruned: true };
    expect(observation).toMatchObject(expected);
    const again = diffObservations(
      observation ?? undefined,
      aJob(['finished', 'failed', 'expired']),
      CONTEXT,
    );
    expect(again.observation?.wasPruned).toBe(true);
    expect(observation).not.toHaveProperty('isPruned');
  });

  it('is recorded anew, in silence, when it was missing and still runs', () => {
    const missing = pruned({ milestones: ['started'], state: 'in_progress' });
    const { transitions, observation } = diffObservations(missing, aJob([]), CONTEXT);
    expect(transitions).toEqual([]);
    expect(observation).toMatchObject({
      state: 'in_progress',
      mayChangeUntil: null,
      job: { state: 'in_progress' },
    });
    expect(observation).not.toHaveProperty('isPruned');
  });

  it('is taken over by another watch as what it was: recorded, and told to nobody', () => {
    const record = handedOver([pruned()], []);
    expect(record?.isPruned).toBe(true);
    const context = { ...CONTEXT, watch: 'after' };
    const { transitions, observation } = takeOver(record!, aJob(['finished']), context);
    expect(transitions).toEqual([]);
    expect(observation).toMatchObject({ watch: 'after', state: 'finished', job: { id: aJob().id } });
    expect(observation).not.toHaveProperty('isPruned');
  });
});

describe('since when nothing can change about a job', () => {
  it.each<[string, Partial<Observation>, number | null]>([
    ['it has ended', { mayChangeUntil: 0, changedAt: T0 + 5 }, T0 + 5],
    ['it may run out until then', { mayChangeUntil: T0 + 9, changedAt: T0 + 5 }, T0 + 9],
    ['it has run out later than it should', { mayChangeUntil: T0 + 2, changedAt: T0 + 5 }, T0 + 5],
    ['it is missing', { mayChangeUntil: null, missingSince: T0 + 4, changedAt: T0 + 5 }, T0 + 5],
    ['it runs', { mayChangeUntil: null }, null],
  ])('%s', (_name, over, since) => {
    expect(overSince(anObservation(aJob(), over))).toBe(since);
  });
});
