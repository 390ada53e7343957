import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FailedAttempt, nextAttempt, pollBackoffMs } from '../../../src/domain/telling/retry-policy.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';

function aFailure(over: Partial<FailedAttempt> = {}): FailedAttempt {
  return { retryable: true, attempts: 1, firstAttemptAt: T0, now: T0, random: 0, ...over };
}

/** The waits of a delivery whose every attempt fails at once, in seconds, until it is given up. */
function waitsUntilGivenUp(random: number): number[] {
  const waits: number[] = [];
  let now = T0;
  for (let attempts = 1; attempts < 100; attempts += 1) {
    const verdict = nextAttempt(aFailure({ attempts, now, random }));
    if (verdict.kind === 'give_up') return waits;
    waits.push((verdict.nextAttemptAt - now) / 1_000);
    now = verdict.nextAttemptAt;
  }
  throw new Error('never given up');
}

describe('a delivery that fails', () => {
  it('is tried again after 5 s, 30 s, 2 min, 10 min, 1 h, then every 3 h, for a day', () => {
    expect(waitsUntilGivenUp(0)).toEqual([
      5, 30, 120, 600, 3_600, 10_800, 10_800, 10_800, 10_800, 10_800, 10_800, 10_800,
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

  it('is tried a last time 24 h after the first attempt, not a millisecond later', () => {
    const last = aFailure({ attempts: 9, now: T0 + 21 * HOUR });
    expect(nextAttempt(last)).toEqual({ kind: 'retry', nextAttemptAt: T0 + 24 * HOUR });
    expect(nextAttempt({ ...last, now: last.now + 1 })).toEqual({ kind: 'give_up', because: 'too_long' });
  });

  it('is given up when the receiver asks for more patience than a day', () => {
    expect(nextAttempt(aFailure({ retryAfterMs: 24 * HOUR }))).toMatchObject({ kind: 'retry' });
    expect(nextAttempt(aFailure({ retryAfterMs: 24 * HOUR + 1 }))).toEqual({
      kind: 'give_up',
      because: 'too_long',
    });
  });

  it('is never tried sooner than the receiver asked nor than the schedule says, and never after a day', () => {
    const schedule = [5, 30, 120, 600, 3_600, 10_800];
    fc.assert(
      fc.property(
        fc.record({
          attempts: fc.integer({ min: 1, max: 40 }),
          age: fc.double({ min: 0, max: 30 * HOUR, noNaN: true }),
          random: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
          retryAfterMs: fc.option(fc.double({ min: 0, max: 30 * HOUR, noNaN: true }), { nil: undefined }),
        }),
        ({ attempts, age, random, retryAfterMs }) => {
          const now = T0 + age;
          const verdict = nextAttempt(aFailure({ attempts, now, random, retryAfterMs }));
          if (verdict.kind === 'give_up') return;
          const least = (schedule[attempts - 1] ?? 10_800) * 1_000;
          expect(verdict.nextAttemptAt).toBeGreaterThanOrEqual(now + Math.max(least, retryAfterMs ?? 0));
          expect(verdict.nextAttemptAt).toBeLessThanOrEqual(T0 + 24 * HOUR);
          expect(Number.isInteger(verdict.nextAttemptAt)).toBe(true);
        },
      ),
    );
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
