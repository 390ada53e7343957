import { describe, expect, it } from 'vitest';
import { nextAfterMishap } from '../../../src/domain/telling/mishap.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';

describe('what a receiver refuses that has accepted lately', () => {
  const refusal = {
    attempts: 1,
    madeDue: 0,
    refusedSince: T0,
    lastAcceptedAt: T0 - HOUR,
    now: T0,
    random: 0,
  };

  it('is tried again for an hour, with a last time at its end', () => {
    const tries: number[] = [];
    for (let now = T0, attempts = 1; ; attempts += 1) {
      const verdict = nextAfterMishap({ ...refusal, now, attempts });
      if (verdict.kind === 'give_up') break;
      now = verdict.nextAttemptAt;
      tries.push(now - T0);
    }
    expect(tries).toEqual([5_000, 35_000, 155_000, 755_000, HOUR]);
  });

  it('counts from the first refusal of its kind, however long it was tried before', () => {
    const late = { ...refusal, attempts: 9, refusedSince: T0, now: T0 };
    expect(nextAfterMishap(late)).toEqual({ kind: 'retry', nextAttemptAt: T0 + HOUR });
    expect(nextAfterMishap({ ...late, now: T0 + HOUR })).toMatchObject({ kind: 'give_up' });
  });

  it.each([
    ['never', null, 'give_up'],
    ['more than a day ago', T0 - 24 * HOUR - 1, 'give_up'],
    ['a day ago', T0 - 24 * HOUR, 'retry'],
    ['a minute ago', T0 - MINUTE, 'retry'],
  ])('is given up at once or not by when that was: %s', (_, lastAcceptedAt, kind) => {
    expect(nextAfterMishap({ ...refusal, lastAcceptedAt })).toMatchObject({ kind });
  });
});
