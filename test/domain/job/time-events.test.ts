import { describe, expect, it } from 'vitest';
import { dueTimeEvents, stallLimitFrom, type TimePolicy } from '../../../src/domain/job/time-events.ts';
import { aJob, anObservation, HOUR, MINUTE, T0 } from '../../support/builders.ts';

const policy: TimePolicy = { stalled: { afterMs: 30 * MINUTE, note: 'usual' }, expiringWithinMs: HOUR };

describe('a running job', () => {
  const running = anObservation(aJob());

  it('is stalled once it has run for the limit, and not before', () => {
    expect(dueTimeEvents(running, policy, T0 + 30 * MINUTE - 1)).toEqual([]);
    expect(dueTimeEvents(running, policy, T0 + 30 * MINUTE)).toEqual([{ name: 'stalled', note: 'usual' }]);
  });

  it('is told of once', () => {
    const told = { ...running, raised: { stalled: T0 } };
    expect(dueTimeEvents(told, policy, T0 + 9 * HOUR)).toEqual([]);
  });

  it('is never stalled where nobody set a limit', () => {
    expect(dueTimeEvents(running, { ...policy, stalled: null }, T0 + 999 * HOUR)).toEqual([]);
  });

  it('is not stalled any more once it has an outcome', () => {
    for (const outcome of ['finished', 'failed', 'cancelled', 'expired', 'ready'] as const) {
      expect(dueTimeEvents(anObservation(aJob([outcome])), policy, T0 + 9 * HOUR)).toEqual([]);
    }
  });
});

describe('a ready link', () => {
  const ready = anObservation(aJob(['ready'], { deliveryType: 'download', expiresAt: T0 + 4 * HOUR }));

  it('is expiring within the span before its end, and not after it', () => {
    expect(dueTimeEvents(ready, policy, T0 + 3 * HOUR - 1)).toEqual([]);
    expect(dueTimeEvents(ready, policy, T0 + 3 * HOUR)).toEqual([{ name: 'expiring', note: null }]);
    expect(dueTimeEvents(ready, policy, T0 + 4 * HOUR)).toEqual([]);
  });

  it('is not expiring when Atlas gives no end', () => {
    expect(dueTimeEvents(anObservation(aJob(['ready'])), policy, T0 + 3 * HOUR)).toEqual([]);
  });
});

describe('the limit from history', () => {
  /** 2,000 durations around four minutes, with a tail. */
  const history = Array.from(
    { length: 2_000 },
    (_, n) => 3 * MINUTE + (n % 100) * 1_200 + (n % 20 === 0 ? MINUTE : 0),
  );
  const median = history.toSorted((a, b) => a - b)[1_000] ?? 0;
  const p95 = history.toSorted((a, b) => a - b)[1_900] ?? 0;

  it('lies beyond what one in twenty takes, and below ten times the usual', () => {
    const { afterMs, note } = stallLimitFrom(history);
    expect(afterMs).toBeGreaterThan(p95);
    expect(afterMs).toBeLessThan(10 * median);
    expect(note).toMatch(/^9 of 10 like it took under \d+ min/);
  });

  it('holds still for one in twenty even where that is far beyond the usual', () => {
    const skewed = [...Array<number>(18).fill(MINUTE), 40 * MINUTE, 60 * MINUTE];
    expect(stallLimitFrom(skewed).afterMs).toBeGreaterThan(60 * MINUTE);
  });

  it('falls back, and says so, where there is no history', () => {
    const { afterMs, note } = stallLimitFrom([MINUTE, MINUTE]);
    expect(afterMs).toBe(2 * HOUR);
    expect(note).toContain('Too few restores have finished here');
  });
});
