import { createTask, type ScheduledTask } from 'node-cron';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { startTicker, type Ticker } from '../../../src/watcher/schedule/ticker.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const START = Date.parse('2026-11-25T08:00:00.000Z');
const DAY = 86_400_000;

/** Each time that node-cron is asked for slots. */
const reckoned = vi.spyOn(slotsOf(createTask('* * * * * *', () => {})), 'getNextRuns');
afterAll(() => reckoned.mockRestore());

function slotsOf(task: ScheduledTask): Pick<ScheduledTask, 'getNextRuns'> {
  return Object.getPrototypeOf(task);
}

describe('a ticker', () => {
  let ticks: number;
  let ticker: Ticker;
  let monotonic: number;
  const clock: Clock = { now: () => Date.now(), monotonic: () => monotonic, sleep: async () => {} };

  const looksSince = ({ calls }: { calls: number }): number => reckoned.mock.calls.length - calls;

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
    expect(ticker.nextAt()).toBe(START + 70_000);
    expect(ticker.gapMs()).toBeGreaterThanOrEqual(9_000);
    expect(ticker.gapMs()).toBeLessThanOrEqual(10_000);
  });

  it('asks node-cron for some slots at once when it ticks each second, and for the next two otherwise', async () => {
    start('* * * * * *');
    const before = { calls: reckoned.mock.calls.length };
    await live(60_500);
    expect(ticks).toBe(60);
    expect(looksSince(before)).toBeLessThanOrEqual(6);
    ticker.stop();
    start('0 * * * * *');
    await live(180_500);
    expect(ticks).toBe(3);
    expect(reckoned.mock.lastCall).toEqual([2]);
  });

  it('goes on after a step back of some seconds that have ticked already', async () => {
    start('* * * * * *');
    await live(10_500);
    step(-5_000);
    ticker.watch();
    const before = ticks;
    await live(10_000);
    expect(ticks - before).toBe(10);
  });

  it('knows that a schedule which rests over night has a long gap', async () => {
    vi.setSystemTime(Date.parse('2026-11-25T17:54:00Z'));
    start('0 */5 9-17 * * *');
    await pass(90_000);
    expect(ticks).toBe(1);
    expect(ticker.gapMs()).toBeGreaterThan(15 * 3_600_000);
  });

  /** The wall clock steps; the monotonic one, and timers, do not notice. */
  const step = (ms: number): void => {
    vi.setSystemTime(Date.now() + ms);
  };
  /** As a daemon lives: with a sign of life every second. */
  const live = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      await pass(Math.min(1_000, left));
      ticker.watch();
    }
  };

  it.each([
    ['a day', DAY],
    ['a week', 7 * DAY],
    ['a year', 366 * DAY],
  ])(
    'makes one tick of all the slots that a step forward by %s leaves out, and looks ahead once',
    async (_span, ms) => {
      start('* * * * * *');
      await live(5_500);
      const before = { ticks, calls: reckoned.mock.calls.length };
      step(ms);
      ticker.watch();
      expect(ticks - before.ticks).toBe(1);
      expect(looksSince(before)).toBeLessThanOrEqual(1);
      await live(10_000);
      expect(ticks - before.ticks).toBe(11);
    },
  );

  it.each([
    ['an hour', DAY / 24],
    ['a day', DAY],
    ['a year', 366 * DAY],
  ])('goes on as usual after a step back by %s', async (_span, ms) => {
    start('*/10 * * * * *');
    await live(10_500);
    const before = { ticks, calls: reckoned.mock.calls.length };
    step(-ms);
    await live(60_000);
    expect(ticks - before.ticks).toBe(6);
    expect(looksSince(before)).toBeLessThanOrEqual(7);
  });

  it('makes one tick of the slots that went by while the event loop was blocked', async () => {
    start('* * * * * *');
    await live(2_500);
    const before = { ticks, calls: reckoned.mock.calls.length };
    step(30_000);
    monotonic += 30_000;
    await live(1_000);
    expect(ticks - before.ticks).toBe(1);
    expect(looksSince(before)).toBeLessThanOrEqual(1);
  });

  it('notices a step without any sign of life, within a minute', async () => {
    start('0 0 3 * * *');
    step(20 * DAY);
    await pass(60_500);
    expect(ticks).toBe(1);
  });

  it('waits for a slot that is further away than a timer can be set for', async () => {
    start('0 0 0 1 1 *');
    await live(120_000);
    expect(ticks).toBe(0);
    expect(ticker.gapMs()).toBeGreaterThan(364 * DAY);
  });

  it('goes on though the clock is set forward and back, again and again', async () => {
    start('*/10 * * * * *');
    await live(10_500);
    const before = ticks;
    for (let times = 0; times < 6; times += 1) {
      step(DAY);
      await live(10_000);
      step(-DAY);
      await live(10_000);
    }
    expect(ticks - before).toBeGreaterThanOrEqual(12);
    expect(ticks - before).toBeLessThanOrEqual(18);
  });

  it('leaves a schedule alone that is merely slow', async () => {
    start('0 * * * * *');
    for (let second = 0; second < 100; second += 1) {
      await pass(1_000);
      ticker.watch();
    }
    expect(ticks).toBe(1);
  });

  it('is silent after it was stopped, and leaves no timer', async () => {
    start('* * * * * *');
    ticker.stop();
    expect(vi.getTimerCount()).toBe(0);
    await pass(5_000);
    expect(ticks).toBe(0);
  });
});
