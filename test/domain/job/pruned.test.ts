import { describe, expect, it } from 'vitest';
import { handedOver, takenBack, takeOver } from '../../../src/domain/job/handover.ts';
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
  const { watch, jobId, milestones, state, firstSeenAt, changedAt } = anObservation(aJob(['finished']));
  const firstSight = 'baseline';
  return observationOfPruned({
    watch,
    jobId,
    milestones,
    state,
    firstSight,
    firstSeenAt,
    changedAt,
    ...over,
  });
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

  it('goes on counting how often it was missing, for the ids of what is told of it count that', () => {
    const missing = pruned({ milestones: ['started'], state: 'in_progress', timesMissing: 2 });
    expect(diffObservations(missing, aJob([]), CONTEXT).observation).toMatchObject({ timesMissing: 2 });
    const record = takeOver(missing, aJob([]), { ...CONTEXT, watch: 'after' });
    expect(record.observation).toMatchObject({ watch: 'after', timesMissing: 2 });
  });

  it('goes on as the record of it that changed last, whether that one was pruned or not', () => {
    const [earlier, later] = [T0 + HOUR, T0 + 2 * HOUR];
    for (const [prunedAt, otherAt] of [
      [later, earlier],
      [earlier, later],
    ] as const) {
      const one = pruned({ watch: 'pruned', changedAt: prunedAt });
      const other = anObservation(aJob(['finished']), { watch: 'other', changedAt: otherAt });
      const last = prunedAt > otherAt ? 'pruned' : 'other';
      expect(handedOver([one, other], [])?.watch).toBe(last);
      expect(handedOver([other, one], [])?.watch).toBe(last);
    }
  });

  it.each([
    ['was pruned elsewhere', { isPruned: true as const }],
    ['is on record elsewhere', {}],
  ])('a job that comes back to a watch and %s keeps the higher count of both', (_name, over) => {
    const own = anObservation(aJob([]), { timesMissing: 3, changedAt: T0 });
    const other = { ...own, watch: 'other', milestones: ['started', 'finished'] as const, ...over };
    for (const timesMissing of [1, 3]) {
      expect(takenBack(own, [{ ...other, timesMissing }], [])).toMatchObject({
        watch: own.watch,
        timesMissing: 3,
      });
    }
    expect(takenBack(own, [{ ...other, timesMissing: 4 }], [])).toMatchObject({ timesMissing: 4 });
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
