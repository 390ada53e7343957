import { describe, expect, it } from 'vitest';
import { asksOf, SharedLoad, type Sharer } from '../../../src/watcher/watch/pace.ts';
import { track } from '../../../src/watcher/watch/targets/tracked.ts';
import { aTarget, GROUP_ID, T0 } from '../../support/builders.ts';
import { createFakeSource } from '../../support/fake-source.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const targets = Array.from({ length: 100 }, (_, n) =>
  track(aTarget({ instanceName: `cluster-${n}` }), { nowMono: 0 }),
);
const IN_SWEEPS = { sweepMsOf: () => 600_000 };

function paceAmong(...watches: Array<typeof IN_SWEEPS | null>): number[] {
  const source = createFakeSource();
  source.budget = { ...source.budget, perMinute: 90 };
  const sharers = watches.map(
    (hint): Sharer => ({ source, gapMs: () => 30_000, asks: () => asksOf(targets, hint) }),
  );
  const load = new SharedLoad(createManualClock(T0), () => sharers);
  return sharers.map((sharer) => load.paceOf(sharer).idleMs);
}

describe('what is polled by hint', () => {
  it('is counted by its sweeps, and by every tick where a restore runs', () => {
    const [first] = targets;
    if (!first) throw new Error('there is no target');
    expect(asksOf([first], IN_SWEEPS).get(GROUP_ID)).toEqual({
      running: 0,
      idle: 0,
      swept: 1,
      sweepMs: 600_000,
    });
    const running = { ...first, hasRunningJobs: true };
    expect(asksOf([running], IN_SWEEPS).get(GROUP_ID)).toMatchObject({ running: 1, swept: 0 });
    expect(asksOf([first]).get(GROUP_ID)).toMatchObject({ idle: 1, swept: 0 });
  });

  it('keeps its schedule where polling everything would not', () => {
    expect(paceAmong(null)[0]).toBeGreaterThan(60_000);
    expect(paceAmong(IN_SWEEPS)).toEqual([30_000]);
  });

  it('is not held up by another watch that crowds the ceiling, and leaves that the rest', () => {
    const [hinted, full = 0] = paceAmong(IN_SWEEPS, null);
    expect(hinted).toBe(30_000);
    expect(full).toBeGreaterThan(66_667);
    expect(full).toBeLessThan(80_000);
  });
});
