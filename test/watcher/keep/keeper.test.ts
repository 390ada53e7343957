import { beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { PruneCounts, PruneStep } from '../../../src/store/ports/keeping.ts';
import { createKeeper, type Keeper } from '../../../src/watcher/keep/keeper.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const SECOND = 1_000;
const KEEP = 30 * 24 * HOUR;
const NOTHING: PruneCounts = { jobs: 0, events: 0, deliveries: 0, mutes: 0 };

let clock: ManualClock;
let signals: Signals;
let logger: ReturnType<typeof createRecordingLogger>;
let steps: PruneStep[];
/** Rows that a walk has to look at, of each thing. */
let rows: number;
let stepTakesMs: number;
let fault: Error | null;
let noted: number;
let surelyNow: () => number | null;
let keeper: Keeper;

beforeEach(() => {
  clock = createManualClock(T0);
  logger = createRecordingLogger();
  signals = createSignals(logger);
  steps = [];
  rows = 0;
  stepTakesMs = 1;
  fault = null;
  noted = 0;
  surelyNow = () => clock.now();
  begin();
});

function begin(): void {
  keeper = createKeeper({
    store: {
      pruneCoverage: async () => 0,
      prune: async (step) => {
        if (fault) throw fault;
        steps.push(step);
        clock.advance(stepTakesMs);
        const done = Number(step.from?.[0] ?? 0) + step.limit;
        return { pruned: { ...NOTHING, [step.thing]: step.limit }, next: [done], isEnd: done >= rows };
      },
    },
    recorder: {
      recordPruned: async () => {
        noted += 1;
      },
    },
    clock,
    logger,
    faultLog: createFaultLog(logger, clock),
    signals,
    surelyNow: () => surelyNow(),
  });
}

/** Signs of life, one a second. */
async function beats(count: number): Promise<void> {
  for (let beat = 0; beat < count; beat += 1) {
    clock.advance(SECOND);
    keeper.beat();
    // Lets the step end that the beat may have begun.
    await new Promise(setImmediate);
  }
}

const told = (): unknown[] => logger.lines.filter(({ message }) => message.startsWith('Pruned'));

describe('the keeper', () => {
  it('does nothing while everything is to be kept', async () => {
    keeper.apply(null);
    await beats(600);
    expect(steps).toEqual([]);
  });

  it('walks through what is old five minutes after the start, a step at a beat, and then once a day', async () => {
    keeper.apply(KEEP);
    await beats(299);
    expect(steps).toEqual([]);
    rows = 40;
    await beats(4);
    // Ten rows, then twenty and forty: each step was quick.
    expect(steps.map(({ thing, from, limit }) => [thing, from, limit])).toEqual([
      ['jobs', null, 10],
      ['jobs', [10], 20],
      ['jobs', [30], 40],
      ['events', null, 80],
    ]);
    expect(new Set(steps.map(({ overBefore }) => overBefore)).size).toBe(1);
    expect(steps[0]?.overBefore).toBe(T0 + 300 * SECOND - KEEP);
    expect(noted).toBe(0);
    await beats(1);
    expect(steps.at(-1)?.thing).toBe('mutes');
    expect(noted).toBe(1);
    expect(told()).toHaveLength(1);
    await beats(3600);
    expect(steps).toHaveLength(5);
    clock.advance(24 * HOUR);
    await beats(2);
    expect(steps.length).toBeGreaterThan(5);
  });

  it('takes smaller steps where they take long', async () => {
    rows = 100_000;
    keeper.apply(KEEP);
    await beats(310);
    expect(steps.at(-1)?.limit).toBe(200);
    stepTakesMs = 21;
    await beats(10);
    expect(steps.at(-1)?.limit).toBe(10);
  });

  it('leaves out a beat that is late, and those in which something is recorded or delivered', async () => {
    rows = 100_000;
    keeper.apply(KEEP);
    await beats(300);
    const before = steps.length;
    clock.advance(2 * SECOND);
    keeper.beat();
    expect(steps).toHaveLength(before);
    const delivered = () =>
      signals.emit('delivery:recorded', {
        channel: 'oncall',
        recipient: null,
        outcome: 'delivered',
        latencyMs: 1,
        eventId: 'e',
        detail: '',
      });
    const busyBeats = async (count: number): Promise<void> => {
      for (let beat = 0; beat < count; beat += 1) {
        clock.advance(500);
        delivered();
        clock.advance(500);
        keeper.beat();
        await new Promise(setImmediate);
      }
    };
    await busyBeats(30);
    expect(steps).toHaveLength(before);
    // It is never put off for good.
    await busyBeats(1);
    expect(steps).toHaveLength(before + 1);
    await busyBeats(30);
    expect(steps).toHaveLength(before + 1);
    await beats(2);
    expect(steps).toHaveLength(before + 3);
  });

  it('takes no step while one is in hand, and ends with it', async () => {
    rows = 100_000;
    keeper.apply(KEEP);
    clock.advance(5 * MINUTE);
    keeper.beat();
    clock.advance(SECOND);
    keeper.beat();
    clock.advance(SECOND);
    keeper.beat();
    expect(steps).toHaveLength(1);
    await keeper.stop();
    await beats(10);
    expect(steps).toHaveLength(1);
  });

  it('waits a minute when the store fails, goes on where it was, and says so once', async () => {
    rows = 10_000;
    keeper.apply(KEEP);
    await beats(302);
    const { from } = steps.at(-1)!;
    fault = new StoreError('unavailable', 'disk gone');
    await beats(150);
    const count = steps.length;
    expect(logger.lines.filter(({ message }) => message.includes('disk gone'))).toHaveLength(1);
    fault = null;
    await beats(60);
    expect(steps.length).toBeGreaterThan(count);
    expect(Number(steps[count]?.from?.[0])).toBeGreaterThan(Number(from?.[0] ?? 0));
    expect(logger.lines.some(({ message }) => message === 'What is old is pruned again')).toBe(true);
  });

  it('prunes nothing by a clock that nobody has checked, and goes by the earlier one', async () => {
    surelyNow = () => null;
    keeper.apply(KEEP);
    await beats(600);
    expect(steps).toEqual([]);
    surelyNow = () => T0 - 700 * 24 * HOUR;
    await beats(60);
    expect(steps[0]?.overBefore).toBe(T0 - 700 * 24 * HOUR - KEEP);
  });

  it('begins anew by another span, and not by the same one', async () => {
    rows = 100_000;
    keeper.apply(KEEP);
    await beats(303);
    const [first] = steps;
    keeper.apply(KEEP);
    await beats(1);
    expect(steps.at(-1)?.overBefore).toBe(first?.overBefore);
    keeper.apply(2 * KEEP);
    const before = steps.length;
    await beats(300);
    expect(steps).toHaveLength(before + 1);
    expect(steps.at(-1)).toMatchObject({ from: null, overBefore: clock.now() - 2 * KEEP - stepTakesMs });
    keeper.apply(null);
    await beats(600);
    expect(steps).toHaveLength(before + 1);
  });
});
