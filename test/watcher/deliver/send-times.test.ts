import { expect, it, onTestFinished, vi } from 'vitest';
import { createSendTimes } from '../../../src/watcher/deliver/send-times.ts';
import { createManualClock } from '../../support/manual-clock.ts';

/** A clock and the timers that go by it: the process stands still when it moves and they do not ring. */
function aProcess() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const clock = createManualClock(0);
  const times = createSendTimes(clock);
  const live = (ms: number): void => {
    for (let gone = 0; gone < ms; gone += 10) {
      clock.advance(10);
      vi.advanceTimersByTime(10);
    }
  };
  return { times, live, standStill: clock.advance };
}

it('tells how long a receiver took, however long the process stood still meanwhile', () => {
  const { times, live, standStill } = aProcess();
  const first = times.begin();
  live(300);
  expect(first()).toBe(300);
  const second = times.begin();
  live(20);
  standStill(2_000);
  // The answer is looked at in the same turn of the event loop, before a timer has rung.
  expect(second()).toBeLessThanOrEqual(70);
  const [third, fourth] = [times.begin(), times.begin()];
  live(20);
  standStill(1_000);
  live(100);
  expect(third()).toBeLessThanOrEqual(170);
  live(400);
  const took = fourth();
  expect(took).toBeGreaterThanOrEqual(500);
  expect(took).toBeLessThanOrEqual(570);
});

it('does not count what the process stood still before or between sends', () => {
  const { times, live, standStill } = aProcess();
  standStill(5_000);
  const first = times.begin();
  live(60);
  expect(first()).toBe(60);
  standStill(5_000);
  const second = times.begin();
  live(260);
  expect(second()).toBe(260);
});

it('looks at the clock only while something is sent', () => {
  const { times } = aProcess();
  expect(vi.getTimerCount()).toBe(0);
  const [first, second] = [times.begin(), times.begin()];
  expect(vi.getTimerCount()).toBe(1);
  first();
  expect(vi.getTimerCount()).toBe(1);
  second();
  expect(vi.getTimerCount()).toBe(0);
});
