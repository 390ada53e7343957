import { describe, expect, it } from 'vitest';
import { movingAxis } from '../../../src/views/charts/moving-axis.ts';

const [HOUR, NOON] = [3_600_000, Date.parse('2026-11-28T12:00:00Z')];

describe('a strip behind a window of time', () => {
  it('has every instant where the window shows it, once it is shifted', () => {
    for (const from of [NOON, NOON + 13 * HOUR, NOON + 31 * HOUR]) {
      const { place, shift } = movingAxis(from, from + 20 * HOUR);
      expect(place(from) + shift).toBeCloseTo(0, 1);
      expect(place(from + 10 * HOUR) + shift).toBeCloseTo(50, 1);
      expect(place(from + 20 * HOUR) + shift).toBeCloseTo(100, 1);
      expect(place(from - 2 * HOUR) + shift).toBeCloseTo(-10, 1);
    }
  });

  it('leaves an instant in its place while the window moves on', () => {
    const [one, later] = [movingAxis(NOON, NOON + 20 * HOUR), movingAxis(NOON + HOUR, NOON + 21 * HOUR)];
    expect(later.begins).toBe(one.begins);
    expect(later.place(NOON + 5 * HOUR)).toBe(one.place(NOON + 5 * HOUR));
    expect(one.shift - later.shift).toBeCloseTo(5, 1);
  });
});
