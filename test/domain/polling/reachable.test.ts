import { describe, expect, it } from 'vitest';
import { neededPerMinute, periodWords, reachOf, roomFor } from '../../../src/domain/polling/reachable.ts';

const idle = (everyMs: number, requests: number) => ({ everyMs, requests });

describe('the period that can be reached', () => {
  it.each([
    ['what fits', [idle(30_000, 40)], 0],
    ['a hundred every 30 s', [idle(30_000, 100)], 66_667],
    ['three every second', [idle(1_000, 1), idle(1_000, 1), idle(1_000, 1)], 2_000],
    ['a slow one beside fast ones, which keeps its own', [idle(1_000, 2), idle(60_000, 30)], 2_000],
  ])('under 90 requests a minute, with %s', (_, askers, expected) => {
    expect(reachOf({ running: [], idle: askers, login: 0 }, 90).idleMs).toBeCloseTo(expected, -1);
  });

  it('spends no more than the ceiling, whatever is asked', () => {
    for (const [fast, slow] of [
      [10, 500],
      [1, 1],
      [300, 2],
    ] as const) {
      const askers = [idle(1_000, fast), idle(20_000, slow), idle(600_000, 7)];
      const { idleMs } = reachOf({ running: [], idle: askers, login: 0 }, 50);
      const spent = askers.reduce(
        (n, { everyMs, requests }) => n + (requests * 60_000) / Math.max(everyMs, idleMs),
        0,
      );
      expect(spent).toBeLessThanOrEqual(50.001);
    }
  });

  it('lets running restores go first, and leaves a tenth to the others', () => {
    const reach = reachOf({ running: [idle(1_000, 3)], idle: [idle(30_000, 9)], login: 0 }, 90);
    expect(reach.runningMs).toBeCloseTo((3 * 60_000) / 81, 0);
    expect(reach.idleMs).toBeCloseTo((9 * 60_000) / 9, 0);
  });

  it('counts the login of an API key once for those who ask together, unless they ask by the second', () => {
    expect(neededPerMinute({ running: [], idle: [idle(30_000, 100)], login: 1 })).toBe(202);
    expect(neededPerMinute({ running: [], idle: [idle(1_000, 1)], login: 1 })).toBe(60);
    expect(reachOf({ running: [], idle: [idle(1_000, 1)], login: 1 }, 90).idleMs).toBe(0);
  });

  it('says how many have room, and tells spans by the second where that matters', () => {
    expect(roomFor(30_000, 90)).toBe(45);
    expect([1_500, 66_667, 60_000, 30_000, 1_800_000].map(periodWords)).toEqual([
      '1.5 s',
      '67 s',
      '1 min',
      '30 s',
      '30 min',
    ]);
  });
});
