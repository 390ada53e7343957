import { expect, it } from 'vitest';
import { createPulse } from '../../../src/watcher/schedule/pulse.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';

it('says how long ago the last beat was', () => {
  const clock = createManualClock(T0);
  const pulse = createPulse(clock);
  clock.advance(9_999);
  expect(pulse.beat()).toBe(0);
  clock.advance(400);
  expect(pulse.sinceMs()).toBe(400);
});

it('does not count the first beat after a standstill, and counts the next', () => {
  const clock = createManualClock(T0);
  const pulse = createPulse(clock);
  clock.advance(90_000);
  expect(pulse.beat()).toBe(90_000);
  expect(pulse.sinceMs()).toBe(90_000);
  clock.advance(1_000);
  expect(pulse.beat()).toBe(0);
  expect(pulse.sinceMs()).toBe(0);
});

it('goes by the clock that cannot step', () => {
  const clock = createManualClock(T0);
  const pulse = createPulse(clock);
  clock.set(T0 + 86_400_000);
  expect(pulse.beat()).toBe(0);
});
