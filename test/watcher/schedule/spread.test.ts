import { describe, expect, it } from 'vitest';
import { firstStepOf, stepOf } from '../../../src/watcher/schedule/spread.ts';

describe('polls that fall due together', () => {
  it('hardly wait when they are few', () => {
    expect(stepOf(4, 30_000)).toBe(25);
  });

  it('share half of the interval when they are a thousand, no two in the same instant', () => {
    expect(stepOf(1_000, 30_000)).toBeGreaterThan(1);
    expect(stepOf(1_000, 30_000) * 1_000).toBeLessThanOrEqual(15_000);
  });

  it('stay within half of a one-second interval', () => {
    expect(stepOf(200, 1_000) * 200).toBeLessThanOrEqual(500);
  });

  it('come within five seconds the first time, however long the interval is', () => {
    expect(firstStepOf(4, 86_400_000)).toBe(25);
    expect(firstStepOf(2_000, 86_400_000) * 2_000).toBeLessThanOrEqual(5_000);
    expect(firstStepOf(200, 1_000)).toBe(stepOf(200, 1_000));
  });
});
