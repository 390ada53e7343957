import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  APART_WHEN_MADE_DUE_MS,
  type FailedAttempt,
  nextAttempt,
  pollBackoffMs,
  triedMs,
} from '../../../src/domain/telling/retry-policy.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';

function aFailure(over: Partial<FailedAttempt> = {}): FailedAttempt {
  return { retryable: true, attempts: 1, madeDue: 0, triedMs: 0, now: T0, random: 0, ...over };
}

/** The waits of a delivery whose every attempt fails at once, in seconds, until it is given up. */
function waitsUntilGivenUp(random: number): number[] {
  const waits: number[] = [];
  let now = T0;
  for (let attempts = 1; attempts < 100; attempts += 1) {
    const verdict = nextAttempt(aFailure({ attempts, triedMs: now - T0, now, random }));
    if (verdict.kind === 'give_up') return waits;
    waits.push((verdict.nextAttemptAt - now) / 1_000);
    now = verdict.nextAttemptAt;
  }
  throw new Error('never given up');
}

describe('a delivery that fails', () => {
  it('is tried again after 5 s, 30 s, 2 min, 10 min, 1 h, then every 3 h, for a day', () => {
    expect(waitsUntilGivenUp(0)).toEqual([
      5, 30, 120, 600, 3_600, 10_800, 10_800, 10_800, 10_800, 10_800, 10_800, 10_800, 6_445,
    ]);
  });

  it('waits up to a fifth longer, so that what failed together does not come back together', () => {
    expect(waitsUntilGivenUp(0.5).slice(0, 6)).toEqual([5.5, 33, 132, 660, 3_960, 11_880]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        const [first = 0] = waitsUntilGivenUp(random);
        expect(first).toBeGreaterThanOrEqual(5);
        expect(first).toBeLessThanOrEqual(6);
      }),
    );
  });

  it('is given up at once when the fault is permanent, whatever else the receiver says', () => {
    expect(nextAttempt(aFailure({ retryable: false }))).toEqual({ kind: 'give_up', because: 'permanent' });
    expect(nextAttempt(aFailure({ retryable: false, retryAfterMs: 1_000 }))).toEqual({
      kind: 'give_up',
      because: 'permanent',
    });
  });

  it.each([
    ['shorter than the schedule', 1_000, 5_000],
    ['as long as the schedule', 5_000, 5_000],
    ['longer than the schedule', 90_000, 90_000],
    ['of no time', 0, 5_000],
  ])('follows a Retry-After %s', (_case, retryAfterMs, waitMs) => {
    expect(nextAttempt(aFailure({ retryAfterMs }))).toEqual({ kind: 'retry', nextAttemptAt: T0 + waitMs });
  });

  it('waits no longer for the attempts that came early because something else was accepted', () => {
    const waits = [1, 2, 3].map((attempts) => nextAttempt(aFailure({ attempts, madeDue: 1 })));
    expect(waits).toEqual([5_000, 5_000, 30_000].map((ms) => ({ kind: 'retry', nextAttemptAt: T0 + ms })));
  });

  it('is tried a last time when it has been tried for 24 h, and given up when that fails', () => {
    const last = aFailure({ attempts: 9, triedMs: 21 * HOUR, now: T0 });
    expect(nextAttempt(last)).toEqual({ kind: 'retry', nextAttemptAt: T0 + 3 * HOUR });
    expect(nextAttempt({ ...last, triedMs: 23 * HOUR })).toEqual({
      kind: 'retry',
      nextAttemptAt: T0 + HOUR,
    });
    expect(nextAttempt({ ...last, triedMs: 24 * HOUR - 1 })).toMatchObject({ kind: 'retry' });
    expect(nextAttempt({ ...last, triedMs: 24 * HOUR })).toEqual({ kind: 'give_up', because: 'too_long' });
  });

  it.each([
    ['5 min', 5 * MINUTE, 5 * MINUTE],
    ['3 h', 3 * HOUR, 3 * HOUR],
    ['more than 3 h', 3 * HOUR + 1, 3 * HOUR],
    ['more than a day', 25 * HOUR, 3 * HOUR],
    ['a week', 7 * 24 * HOUR, 3 * HOUR],
  ])(
    'waits 3 h at most, and is not given up, when the receiver asks for %s',
    (_case, retryAfterMs, waitMs) => {
      expect(nextAttempt(aFailure({ retryAfterMs }))).toEqual({ kind: 'retry', nextAttemptAt: T0 + waitMs });
    },
  );

  it('is never given up before a day of tries, whatever the receiver asks for, and a day later at most', () => {
    const asks = fc.option(fc.double({ min: 0, max: 200 * HOUR, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(asks, { minLength: 60, maxLength: 60 }), (retryAfters) => {
        let [now, tried, attempts] = [T0, 0, 1];
        for (const retryAfterMs of retryAfters) {
          const verdict = nextAttempt(aFailure({ attempts, triedMs: tried, now, retryAfterMs }));
          if (verdict.kind === 'give_up') break;
          const { nextAttemptAt: plannedAt } = verdict;
          expect(Number.isInteger(plannedAt)).toBe(true);
          expect(plannedAt).toBeGreaterThan(now);
          tried = triedMs({ beforeMs: tried, previousAt: now, plannedAt, now: plannedAt });
          now = plannedAt;
          attempts += 1;
        }
        expect(now - T0).toBe(24 * HOUR);
      }),
      { numRuns: 50 },
    );
  });
});

describe('for how long a delivery has been tried', () => {
  const begun = (over: Partial<Parameters<typeof triedMs>[0]>) =>
    triedMs({ beforeMs: HOUR, previousAt: T0, plannedAt: T0 + 30_000, now: T0 + 30_000, ...over });

  it.each<[string, Parameters<typeof begun>[0], number]>([
    ['nothing at the first attempt', { previousAt: null }, 0],
    ['the time that has passed', {}, HOUR + 30_000],
    ['the time that has passed, when it comes late', { now: T0 + 5 * MINUTE }, HOUR + 5 * MINUTE],
    ['the time that has passed, when it comes early', { now: T0 + 10_000 }, HOUR + 10_000],
    [
      'hardly more than the wait, when the clock has stepped by a day',
      { now: T0 + 24 * HOUR },
      HOUR + 10 * MINUTE + 30_000,
    ],
    ['no more than before, when the clock has stepped back', { now: T0 - 24 * HOUR }, HOUR],
    ['little, when it was due all along', { plannedAt: T0 - HOUR, now: T0 + HOUR }, HOUR + 10 * MINUTE],
  ])('counts %s', (_what, over, expected) => {
    expect(begun(over)).toBe(expected);
  });
});

describe('a delivery that an acceptance of something else makes due', () => {
  it('is due at once the first time, and then further and further apart from its last attempt', () => {
    expect(APART_WHEN_MADE_DUE_MS.map((ms) => ms / 1_000)).toEqual([0, 5, 30, 120, 600, 3_600, 10_800]);
  });
});

describe('a watch that cannot be polled', () => {
  it('waits its own interval, then twice as long each time, 5 min at most', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7].map((failures) => pollBackoffMs(failures, 30_000, 0) / 1_000);
    expect(waits).toEqual([30, 60, 120, 240, 300, 300, 300]);
  });

  it('waits no longer than 5 min even when its interval is longer: it wants to know', () => {
    expect(pollBackoffMs(1, HOUR, 0)).toBe(5 * MINUTE);
  });

  it('waits a second at least', () => {
    expect(pollBackoffMs(1, 0, 0)).toBe(1_000);
    expect(pollBackoffMs(0, 1_000, 0)).toBe(1_000);
  });

  it('waits up to a tenth less, so that watches which failed together do not come back together', () => {
    expect(pollBackoffMs(3, 30_000, 0.5)).toBe(114_000);
    expect(pollBackoffMs(9, 30_000, 0.5)).toBe(285_000);
  });

  it('waits a finite time after any number of failures', () => {
    for (const failures of [50, 1_100, 1e9]) expect(pollBackoffMs(failures, 30_000, 0)).toBe(5 * MINUTE);
  });
});
