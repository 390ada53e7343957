import { describe, expect, it } from 'vitest';
import {
  type JobState,
  type Milestone,
  mayChangeUntil,
  type RestoreJob,
} from '../../../src/domain/job/restore-job.ts';
import { diffObservations } from '../../../src/domain/job/transition.ts';
import { aJob, anObservation, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import {
  aContext,
  announced,
  LIVES,
  type Life,
  NOTHING,
  NOW,
  names,
  recorded,
  the,
  written,
} from '../../support/comparisons.ts';

/** `same`: nothing to write. `back`: a step backwards. `facts`: the life is as recorded, other facts differ. Else: transitions, state after. */
type Expected = 'same' | 'back' | 'facts' | [...Milestone[], JobState];

const PAIRS: Record<Life, Record<Life, Expected>> = {
  running: {
    running: 'same',
    ready: ['ready', 'ready'],
    finished: ['finished', 'finished'],
    failed: ['failed', 'failed'],
    cancelled: ['cancelled', 'cancelled'],
    expired: ['expired', 'expired'],
    'finished, expired': ['finished', 'expired', 'expired'],
  },
  ready: {
    running: 'back',
    ready: 'same',
    finished: ['finished', 'finished'],
    failed: ['failed', 'failed'],
    cancelled: ['cancelled', 'cancelled'],
    expired: ['expired', 'expired'],
    'finished, expired': ['finished', 'expired', 'expired'],
  },
  finished: {
    running: 'back',
    ready: ['ready', 'finished'],
    finished: 'same',
    failed: ['failed', 'failed'],
    cancelled: ['cancelled', 'cancelled'],
    expired: ['expired', 'expired'],
    'finished, expired': ['expired', 'expired'],
  },
  failed: {
    running: 'back',
    ready: ['ready', 'failed'],
    finished: ['finished', 'finished'],
    failed: 'same',
    cancelled: ['cancelled', 'cancelled'],
    expired: ['expired', 'expired'],
    'finished, expired': ['finished', 'expired', 'expired'],
  },
  cancelled: {
    running: 'back',
    ready: ['ready', 'cancelled'],
    finished: ['finished', 'finished'],
    failed: ['failed', 'failed'],
    cancelled: 'same',
    expired: ['expired', 'expired'],
    'finished, expired': ['finished', 'expired', 'expired'],
  },
  expired: {
    running: 'back',
    ready: ['ready', 'expired'],
    finished: ['finished', 'expired'],
    failed: ['failed', 'expired'],
    cancelled: ['cancelled', 'expired'],
    expired: 'same',
    'finished, expired': ['finished', 'expired'],
  },
  'finished, expired': {
    running: 'back',
    ready: ['ready', 'expired'],
    finished: 'back',
    failed: ['failed', 'expired'],
    cancelled: ['cancelled', 'expired'],
    expired: 'facts',
    'finished, expired': 'same',
  },
};

const CELLS = Object.entries(PAIRS).flatMap(([before, row]) =>
  Object.entries(row).map(([after, expected]) => [before as Life, after as Life, expected] as const),
);

describe('a job recorded as A and read as B', () => {
  it.each(CELLS)('%s, %s: %j', (before, after, expected) => {
    const previous = recorded(...LIVES[before]);
    const reading = aJob(LIVES[after]);
    const comparison = diffObservations(previous, reading, aContext());

    if (expected === 'same') {
      expect(comparison).toEqual(NOTHING);
      return;
    }
    const observation = written(comparison);
    expect(observation.changedAt).toBe(NOW);
    expect(comparison.standing).toEqual([]);
    if (expected === 'back') {
      expect(comparison.transitions).toEqual([]);
      expect(comparison.newAnomaly).toContain(`Atlas says ${reading.state}`);
      expect(observation).toEqual({ ...previous, anomaly: comparison.newAnomaly, changedAt: NOW });
      return;
    }
    const transitions = expected === 'facts' ? [] : (expected.slice(0, -1) as Milestone[]);
    const state = expected === 'facts' ? previous.state : expected.at(-1);
    expect(names(comparison)).toEqual(transitions);
    expect(announced(comparison)).toEqual(transitions);
    expect(comparison.newAnomaly).toBeNull();
    expect(observation).toMatchObject({
      state,
      milestones: [...previous.milestones, ...transitions],
      firstSight: previous.firstSight,
      firstSeenAt: previous.firstSeenAt,
      anomaly: null,
    });
    expect(observation.job).toEqual({ ...reading, state });
    expect(observation.mayChangeUntil).toBe(mayChangeUntil({ ...reading, state: observation.state }));
  });

  it.each(CELLS)('%s, %s: is not told again when the same is read again', (before, after, expected) => {
    const previous = recorded(...LIVES[before]);
    const reading = aJob(LIVES[after]);
    const first = diffObservations(previous, reading, aContext()).observation ?? previous;
    const again = diffObservations(first, reading, aContext({ now: NOW + MINUTE }));

    // A reading of an earlier stage that still brought news steps backwards from then on.
    const stepsBack = Array.isArray(expected) && first.state !== reading.state;
    expect(again.transitions).toEqual([]);
    if (stepsBack) expect(again.newAnomaly).toContain(`Atlas says ${reading.state}`);
    else expect(again).toEqual(NOTHING);
    const third = diffObservations(again.observation ?? first, reading, aContext({ now: NOW + 2 * MINUTE }));
    expect(third).toEqual(NOTHING);
  });

  it.each(CELLS)('%s, %s: names what each transition leads from', (before, after) => {
    const comparison = diffObservations(recorded(...LIVES[before]), aJob(LIVES[after]), aContext());
    for (const { milestone, from, to, detectedAt } of comparison.transitions) {
      expect(to).toBe(milestone === 'started' ? 'in_progress' : milestone);
      expect(from).not.toBe(to);
      expect(from).not.toBeNull();
      expect(detectedAt).toBe(NOW);
    }
  });
});

describe('what a transition leads from', () => {
  it('is what the job was', () => {
    expect(the(diffObservations(recorded(), aJob(['failed']), aContext()), 'failed')).toMatchObject({
      from: 'in_progress',
      to: 'failed',
    });
    expect(the(diffObservations(recorded('ready'), aJob(['expired']), aContext()), 'expired')).toMatchObject({
      from: 'ready',
      to: 'expired',
    });
  });

  it('is, for each of several, the one before it', () => {
    const comparison = diffObservations(undefined, aJob(['finished', 'expired']), aContext());
    expect(comparison.transitions.map(({ from, to }) => [from, to])).toEqual([
      [null, 'in_progress'],
      ['in_progress', 'finished'],
      ['finished', 'expired'],
    ]);
  });

  it('is not a later stage, when Atlas shows the finish only after the expiry', () => {
    const comparison = diffObservations(recorded('expired'), aJob(['finished', 'expired']), aContext());
    expect(comparison.transitions.map(({ from, to }) => [from, to])).toEqual([['in_progress', 'finished']]);
    expect(written(comparison).state).toBe('expired');
  });
});

describe('a reply that steps backwards', () => {
  const previous = recorded('finished');
  const first = diffObservations(previous, aJob(), aContext());

  it('announces nothing, keeps the recorded life and is told once', () => {
    expect(first.transitions).toEqual([]);
    expect(first.newAnomaly).toBe('Atlas says in_progress, after it had said finished');
    expect(written(first)).toEqual({ ...previous, anomaly: first.newAnomaly, changedAt: NOW });
    expect(diffObservations(written(first), aJob(), aContext({ now: NOW + MINUTE }))).toEqual(NOTHING);
  });

  it('clears without a word when Atlas is itself again', () => {
    const healed = diffObservations(written(first), aJob(['finished']), aContext({ now: NOW + MINUTE }));
    expect(healed).toMatchObject({ transitions: [], newAnomaly: null, standing: [] });
    expect(written(healed)).toEqual({ ...previous, changedAt: NOW + MINUTE });
    expect(diffObservations(written(healed), aJob(['finished']), aContext())).toEqual(NOTHING);
  });

  it('clears when Atlas goes on from where it was', () => {
    const healed = diffObservations(written(first), aJob(['finished', 'expired']), aContext());
    expect(names(healed)).toEqual(['expired']);
    expect(written(healed).anomaly).toBeNull();
  });

  it('is told again when it happens again after it had cleared', () => {
    const healed = diffObservations(written(first), aJob(['finished']), aContext());
    expect(diffObservations(written(healed), aJob(), aContext()).newAnomaly).toBe(first.newAnomaly);
  });
});

describe('a job that is failed and cancelled', () => {
  it('is failed: one reading with one outcome is told as one', () => {
    expect(announced(diffObservations(recorded(), aJob(['failed']), aContext()))).toEqual(['failed']);
  });

  it('is told as failed after it had been told as cancelled, and not the other way round again', () => {
    const failed = diffObservations(recorded('cancelled'), aJob(['failed']), aContext());
    expect(the(failed, 'failed')).toMatchObject({ from: 'cancelled', to: 'failed', verdict: 'announce' });
    const back = diffObservations(written(failed), aJob(['cancelled']), aContext());
    expect(back.transitions).toEqual([]);
    expect(back.newAnomaly).toBe('Atlas says cancelled, after it had said failed');
  });
});

describe('an unchanged job', () => {
  it.each(Object.entries(LIVES))('gives nothing to write: %s', (_life, outcomes) => {
    const written = JSON.parse(JSON.stringify(recorded(...outcomes)));
    expect(diffObservations(written, aJob(outcomes), aContext({ now: NOW + 99 * HOUR }))).toEqual(NOTHING);
  });

  it.each<[string, Partial<RestoreJob>]>([
    ['progress', { progress: { done: 5, total: 10 } }],
    ['expiresAt', { expiresAt: T0 + 6 * HOUR }],
    ['warnings', { warnings: true }],
    ['error message', { errorMessage: 'out of space' }],
    ['target', { targetClusterName: 'elsewhere' }],
  ])('with another %s is written and not announced', (_fact, over) => {
    const comparison = diffObservations(recorded('finished'), aJob(['finished'], over), aContext());
    expect(comparison).toMatchObject({ transitions: [], newAnomaly: null });
    expect(written(comparison).job).toMatchObject(over);
  });

  it('that gets an expiry is followed until after it', () => {
    const expiresAt = T0 + 6 * HOUR;
    expect(recorded('finished').mayChangeUntil).toBe(0);
    const comparison = diffObservations(recorded('finished'), aJob(['finished'], { expiresAt }), aContext());
    expect(written(comparison).mayChangeUntil).toBe(expiresAt + HOUR);
  });
});

describe('the name of the project that is restored into', () => {
  const other = { targetGroupId: 'f'.repeat(24) };
  const look = (before: Partial<RestoreJob>, now: Partial<RestoreJob>, state: Milestone[] = []) =>
    diffObservations(anObservation(aJob([], before)), aJob(state, now), aContext());

  it.each([
    ['comes to light', {}, { targetGroupName: 'stage' }],
    ['is not known any more', { targetGroupName: 'stage' }, { targetGroupName: null }],
    ['was not stored by an earlier version', {}, { targetGroupName: null }],
    ['changes', { targetGroupName: 'stage' }, { targetGroupName: 'staging' }],
  ])('is no change of the job when it %s', (_what, before, now) => {
    expect(look({ ...other, ...before }, { ...other, ...now })).toEqual(NOTHING);
  });

  it('stays as it was known when the job changes, and gives way to a newer one', () => {
    const nameAfter = (name: string | null): unknown =>
      look({ ...other, targetGroupName: 'stage' }, { ...other, targetGroupName: name }, ['finished'])
        .observation?.job?.targetGroupName;
    expect(nameAfter(null)).toBe('stage');
    expect(nameAfter('staging')).toBe('staging');
  });
});
