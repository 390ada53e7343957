import { describe, expect, it } from 'vitest';
import { runFlat } from '../../scripts/flat/flat.ts';
import { trendOf } from '../../scripts/flat/trend.ts';
import { growthsOf, markdownOf } from '../../scripts/flat/verdict.ts';
import { MAIN } from '../support/program.ts';

describe('a daemon that does the same all the time', () => {
  it('is looked at from without and within until its time is over, and tells of every job that ends', async () => {
    const image = { entrypoint: [process.execPath, MAIN], healthcheck: [], env: {} };
    const report = await runFlat({
      image,
      watches: 2,
      seconds: 2,
      sampleEveryMs: 200,
      changeEveryMs: 400,
      say: () => {},
    });
    expect(report.owed).toBeGreaterThan(0);
    expect(report.told).toBe(report.owed);
    for (const samples of [report.residentMib, report.privateMib, report.heapMib, report.aliveMib]) {
      expect(Math.min(...samples)).toBeGreaterThan(1);
    }
    expect(markdownOf(growthsOf(report, 200)).split('\n')).toHaveLength(6);
  });
});

describe('the growth of memory', () => {
  it('is told early and late, the warm-up left out, and as the slope of all that counts', () => {
    const warmUp = [1, 2, 3];
    expect(trendOf([...warmUp, 10, 11, 12, 13, 14, 15])).toEqual({ early: 11, late: 14, slope: 1 });
    expect(trendOf([...warmUp, 5, 5, 5, 5, 5, 5])).toEqual({ early: 5, late: 5, slope: 0 });
  });

  it('is flat up to a few megabytes, of what is alive up to one and a half', () => {
    const steady = Array.from({ length: 30 }, () => 90);
    const growing = Array.from({ length: 30 }, (_, index) => 90 + index);
    const report = { told: 0, owed: 0, requests: 0, privateMib: steady, heapMib: steady };
    const flatness = (residentMib: number[], aliveMib: [number, number]) =>
      growthsOf({ ...report, residentMib, aliveMib }, 1_000).map(({ isFlat }) => isFlat);
    expect(flatness(steady, [30, 31])).toEqual([true, true, true, true]);
    expect(flatness(growing, [30, 32])).toEqual([false, true, true, false]);
  });
});
