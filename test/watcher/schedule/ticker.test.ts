import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { startTicker, type Ticker } from '../../../src/watcher/schedule/ticker.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const START = Date.parse('2026-11-25T08:00:00.000Z');

describe('a ticker', () => {
  let ticks: number;
  let ticker: Ticker;
  let monotonic: number;
  const clock: Clock = { now: () => Date.now(), monotonic: () => monotonic, sleep: async () => {} };

  const start = (expression: string): void => {
    ticks = 0;
    ticker = startTicker({
      expression,
      onTick: () => {
        ticks += 1;
      },
      clock,
      logger: createRecordingLogger(),
    });
  };
  /** Lets both clocks run. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      monotonic += Math.min(500, left);
      await vi.advanceTimersByTimeAsync(Math.min(500, left));
    }
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: START });
    monotonic = 0;
  });
  afterEach(() => {
    ticker.stop();
    vi.useRealTimers();
  });

  it('ticks on its schedule, read in UTC', async () => {
    start('*/10 * * * * *');
    await pass(60_500);
    expect(ticks).toBe(6);
    expect(ticker.gapMs()).toBeGreaterThanOrEqual(9_000);
    expect(ticker.gapMs()).toBeLessThanOrEqual(10_000);
  });

  it('knows that a schedule which rests over night has a long gap', async () => {
    vi.setSystemTime(Date.parse('2026-11-25T17:54:00Z'));
    start('0 */5 9-17 * * *');
    await pass(90_000);
    expect(ticks).toBe(1);
    expect(ticker.gapMs()).toBeGreaterThan(15 * 3_600_000);
  });

  it('makes one tick of all the slots that were missed while the machine slept', async () => {
    start('*/5 * * * * *');
    await pass(5_500);
    const before = ticks;
    vi.setSystemTime(Date.now() + 12 * 3_600_000);
    await pass(5_500);
    expect(ticks - before).toBeGreaterThanOrEqual(1);
    expect(ticks - before).toBeLessThanOrEqual(2);
  });

  it('starts the schedule anew when the clock was set back and it fell silent', async () => {
    start('*/10 * * * * *');
    await pass(10_500);
    const before = ticks;
    vi.setSystemTime(Date.now() - 3_600_000);
    for (let second = 0; second < 60; second += 1) {
      await pass(1_000);
      ticker.watch();
    }
    expect(ticks - before).toBeGreaterThanOrEqual(3);
  });

  it('leaves a schedule alone that is merely slow', async () => {
    start('0 * * * * *');
    for (let second = 0; second < 100; second += 1) {
      await pass(1_000);
      ticker.watch();
    }
    expect(ticks).toBe(1);
  });

  it('is silent after it was stopped', async () => {
    start('* * * * * *');
    ticker.stop();
    await pass(5_000);
    expect(ticks).toBe(0);
  });
});
