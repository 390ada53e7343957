import { describe, expect, it } from 'vitest';
import { isFollowed } from '../../../src/domain/job/observation.ts';
import {
  assertNever,
  isUnfinished,
  type JobState,
  MILESTONES,
  type Milestone,
  mayChangeUntil,
  shortId,
  stateAfter,
} from '../../../src/domain/job/restore-job.ts';
import { aJob, anObservation, HOUR, T0 } from '../../support/builders.ts';

describe('the state of a job', () => {
  it.each<[Milestone[], JobState]>([
    [[], 'in_progress'],
    [['started'], 'in_progress'],
    [['started', 'ready'], 'ready'],
    [['started', 'ready', 'finished'], 'finished'],
    [['started', 'ready', 'expired'], 'expired'],
    [['started', 'finished'], 'finished'],
    [['started', 'finished', 'expired'], 'expired'],
    [['started', 'failed'], 'failed'],
    [['started', 'cancelled'], 'cancelled'],
    [['started', 'expired'], 'expired'],
  ])('after %j is %s', (milestones, state) => {
    expect(stateAfter(milestones)).toBe(state);
  });

  it.each<[Milestone[], JobState]>([
    [['started', 'expired', 'finished'], 'expired'],
    [['started', 'expired', 'ready'], 'expired'],
    [['started', 'finished', 'ready'], 'finished'],
    [['started', 'failed', 'ready'], 'failed'],
    [['ready', 'started'], 'ready'],
  ])('does not step back for what was recorded out of order: %j is %s', (milestones, state) => {
    expect(stateAfter(milestones)).toBe(state);
  });

  it.each<[Milestone[], JobState]>([
    [['started', 'failed', 'finished'], 'finished'],
    [['started', 'finished', 'failed'], 'failed'],
    [['started', 'cancelled', 'failed'], 'failed'],
    [['started', 'failed', 'cancelled'], 'cancelled'],
  ])('goes by the latest word where Atlas names two ways to end: %j is %s', (milestones, state) => {
    expect(stateAfter(milestones)).toBe(state);
  });

  it('follows the order of life', () => {
    expect(MILESTONES).toEqual(['started', 'ready', 'finished', 'failed', 'cancelled', 'expired']);
  });
});

describe('a job may still change', () => {
  const expiresAt = T0 + 6 * HOUR;

  it.each<[JobState, number | null, number | null]>([
    ['in_progress', null, null],
    ['in_progress', expiresAt, null],
    ['ready', null, null],
    ['ready', expiresAt, null],
    ['unknown', null, null],
    ['failed', null, 0],
    ['failed', expiresAt, 0],
    ['cancelled', null, 0],
    ['cancelled', expiresAt, 0],
    ['expired', null, 0],
    ['expired', expiresAt, 0],
    ['finished', null, 0],
    ['finished', expiresAt, expiresAt + HOUR],
  ])('when %s with expiresAt %s: until %s', (state, expires, until) => {
    expect(mayChangeUntil({ state, expiresAt: expires })).toBe(until);
  });

  it('and is followed until then', () => {
    const finished = anObservation(aJob(['finished'], { expiresAt }));
    expect(isFollowed(finished, expiresAt)).toBe(true);
    expect(isFollowed(finished, expiresAt + HOUR - 1)).toBe(true);
    expect(isFollowed(finished, expiresAt + HOUR)).toBe(false);
    expect(isFollowed(anObservation(aJob()), T0 + 1_000 * HOUR)).toBe(true);
    expect(isFollowed(anObservation(aJob(['failed'])), T0)).toBe(false);
  });
});

describe('an unfinished job', () => {
  it.each<[JobState, boolean]>([
    ['in_progress', true],
    ['ready', true],
    ['unknown', true],
    ['finished', false],
    ['failed', false],
    ['cancelled', false],
    ['expired', false],
  ])('%s: %s', (state, expected) => {
    expect(isUnfinished(state)).toBe(expected);
  });
});

describe('a short id', () => {
  it('shows both ends of a long id and all of a short one', () => {
    expect(shortId('60800a1b2c3d4e5f60718293')).toBe('6080…8293');
    expect(shortId('0123456789')).toBe('0123456789');
    expect(shortId('')).toBe('');
  });
});

describe('a value that cannot be', () => {
  it('is reported loudly', () => {
    expect(() => assertNever('paused' as never)).toThrow('unexpected value: "paused"');
  });
});
