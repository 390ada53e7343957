import { describe, expect, it } from 'vitest';
import { spreadDelays } from '../../../src/watcher/schedule/spread.ts';

describe('polls that fall due together', () => {
  it('hardly wait when they are few', () => {
    expect(spreadDelays(4, 30_000)).toEqual([0, 25, 50, 75]);
  });

  it('share half of the interval when they are a thousand, no two in the same instant', () => {
    const delays = spreadDelays(1_000, 30_000);
    expect(new Set(delays).size).toBe(1_000);
    expect(delays.at(-1)).toBeLessThanOrEqual(15_000);
  });

  it('stay within half of a one-second interval', () => {
    expect(Math.max(...spreadDelays(200, 1_000))).toBeLessThan(500);
  });
});
