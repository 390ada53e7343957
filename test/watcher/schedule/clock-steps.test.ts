import { beforeEach, describe, expect, it } from 'vitest';
import type { Lease } from '../../../src/store/ports/replicas/lease.ts';
import {
  type ClockSteps,
  createClockSteps,
  type LeasedSpans,
  type OwnSpans,
} from '../../../src/watcher/schedule/clock-steps.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const DAY = 24 * HOUR;

let clock: ManualClock;
let moved: Array<{ byMs: number; at: number }>;
/** What each was moved under. */
let leases: Array<readonly Lease[]>;
let own: OwnSpans | null;
let lastWrittenAt: number | null;
let fault: Error | null;
let steps: ClockSteps;

beforeEach(() => {
  clock = createManualClock(T0);
  moved = [];
  lastWrittenAt = null;
  fault = null;
  const spans = (under: readonly Lease[]): LeasedSpans => ({
    lastWrittenAt: async () => lastWrittenAt,
    moveSpans: async (step) => {
      if (fault) throw fault;
      moved.push(step);
      leases.push(under);
    },
    under: (lease) => spans([...under, lease]),
  });
  leases = [];
  own = null;
  steps = createClockSteps({
    store: spans([]),
    scope: () => own,
    clock,
    logger: createRecordingLogger(),
  });
});

describe('steps of the clock', () => {
  it.each([DAY, -DAY, 7 * DAY, -366 * DAY])('move what is waited for along, once: by %s ms', async (ms) => {
    clock.advance(MINUTE);
    clock.set(clock.now() + ms);
    clock.advance(1_000);
    await Promise.all([steps.settle(), steps.settle()]);
    await steps.settle();
    expect(moved).toEqual([{ byMs: ms, at: T0 + MINUTE + ms + 1_000 }]);
  });

  it('move what is one replica’s under all of its leases on that, at once', async () => {
    const held = [
      { unit: 'keeper', token: 3 },
      { unit: 'channel:oncall', token: 7 },
    ];
    own = { of: { channels: ['oncall'], watches: [], reminders: true }, leases: held };
    clock.set(T0 + DAY);
    await steps.settle();
    expect(moved).toEqual([{ byMs: DAY, at: T0 + DAY, of: own.of }]);
    expect(leases).toEqual([held]);
  });

  it('are none while time passes, however much of it at once, nor what the clock is corrected by all the time', async () => {
    clock.advance(9 * HOUR);
    await steps.settle();
    for (let times = 0; times < 100; times += 1) {
      clock.set(clock.now() + 300);
      clock.advance(1_000);
      await steps.settle();
    }
    expect(moved).toEqual([]);
  });

  it('that take each other back before anybody has looked come to nothing', async () => {
    clock.set(T0 + DAY);
    clock.set(T0);
    await steps.settle();
    expect(moved).toEqual([]);
  });

  it('are made up for later, together, when the store fails', async () => {
    fault = new Error('disk full');
    clock.set(T0 + DAY);
    await expect(steps.settle()).rejects.toThrow('disk full');
    clock.set(T0 + 3 * DAY);
    await expect(steps.settle()).rejects.toThrow('disk full');
    fault = null;
    await steps.settle();
    expect(moved).toEqual([{ byMs: 3 * DAY, at: T0 + 3 * DAY }]);
    await steps.settle();
    expect(moved).toHaveLength(1);
  });

  it('back are found at the start by what the store has written last; forward they are time that has passed', async () => {
    lastWrittenAt = T0 - 5 * DAY;
    await steps.begin();
    expect(moved).toEqual([]);
    lastWrittenAt = T0 + DAY;
    await steps.begin();
    expect(moved).toEqual([{ byMs: -DAY, at: T0 }]);
  });
});
