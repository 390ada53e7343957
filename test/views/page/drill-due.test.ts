import { describe, expect, it } from 'vitest';
import type { Drill } from '../../../src/domain/drills/drill.ts';
import { newPlace } from '../../../src/domain/drills/drill-place.ts';
import { drillDueOf } from '../../../src/views/page/drill-due.ts';
import { MINUTE, T0 } from '../../support/builders.ts';
import { aWatchStatus } from '../../support/statuses.ts';

const HOUR = 60 * MINUTE;
const drill = (over: Partial<Drill> = {}): Drill => ({
  ...{ name: 'monthly', watch: 'orders', targets: [], everyMs: 10 * HOUR },
  ...{ maxDurationMs: null, maxSnapshotAgeMs: null, validateWithinMs: null },
  ...over,
});
const at = (instanceName: string, since: number, doneAt: number | null = null) => ({
  ...newPlace({ groupId: 'g', instanceName }, since),
  done: doneAt === null ? null : { jobId: 'j', at: doneAt },
});

describe('the drill that is due first', () => {
  it('is reckoned from the last restore that counts, or else from the begin of the watch', () => {
    const due = (place: ReturnType<typeof at>) =>
      drillDueOf(aWatchStatus(), { drills: [drill()], standing: new Map([['monthly', [place]]]), now: T0 });
    expect(due(at('orders', T0 - HOUR))?.at).toBe(T0 + 9 * HOUR);
    expect(due(at('orders', T0 - 90 * HOUR, T0 - 2 * HOUR))).toEqual({
      ...{ at: T0 + 8 * HOUR, isOverdue: false, drill: 'monthly', instanceName: null, othersOverdue: 0 },
    });
    expect(due(at('orders', T0 - 10 * HOUR))?.isOverdue).toBe(true);
  });

  it('is named with its instance where a watch has several, and those overdue besides are counted', () => {
    const standing = new Map([
      ['*orders', [at('a', T0 - 12 * HOUR), at('b', T0 - 30 * HOUR), at('c', T0)]],
      ['weekly', [at('a', T0 - 20 * HOUR)]],
    ]);
    const drills = [
      drill({ name: null }),
      drill({ name: 'weekly' }),
      drill({ name: 'else', watch: 'other' }),
    ];
    expect(drillDueOf(aWatchStatus({ instanceName: '*' }), { drills, standing, now: T0 })).toEqual({
      ...{ at: T0 - 20 * HOUR, isOverdue: true, drill: null, instanceName: 'b', othersOverdue: 2 },
    });
  });

  it('is none where none is agreed, or nothing is known of it', () => {
    const nothing = new Map();
    expect(drillDueOf(aWatchStatus(), { drills: [], standing: nothing, now: T0 })).toBeNull();
    expect(drillDueOf(aWatchStatus(), { drills: [drill()], standing: nothing, now: T0 })).toBeNull();
  });
});
