import { describe, expect, it } from 'vitest';
import { soak, trendOf } from './soak.ts';

describe('a daemon under which everything flaps, and whose configuration is reloaded again and again', () => {
  it('holds no more late than early, and ends in order', async () => {
    const report = await soak({ seconds: 15, watches: 6, reloadEverySeconds: 1, sampleEveryMs: 250 });
    expect(report).toMatchObject({ exitCode: 0, surprises: [] });
    expect(report.reloads).toBeGreaterThan(5);
    const [descriptors, later] = trendOf(report.samples, 'descriptors');
    expect(later).toBeLessThan(descriptors + 20);
    const [timers, timersLater] = trendOf(report.samples, 'timers');
    expect(timersLater).toBeLessThan(timers + 20);
  });
});

describe('the trend of samples', () => {
  it('compares the middle of the second third with that of the last', () => {
    const samples = [9, 9, 9, 1, 2, 30, 4, 5, 60].map((timers) => ({
      atSeconds: 0,
      heapBytes: 0,
      descriptors: 0,
      timers,
    }));
    expect(trendOf(samples, 'timers')).toEqual([2, 5]);
  });
});
