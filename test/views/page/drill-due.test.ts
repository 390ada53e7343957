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
const at = (
  instanceName: string,
  since: number,
  { doneAt = null as number | null, isTold = false } = {},
) => ({
  ...newPlace({ groupId: 'g', instanceName }, since),
  overdueSince: isTold ? since : null,
  done: doneAt === null ? null : { jobId: 'j', at: doneAt },
});

describe('the drill that is due first', () => {
  it('is reckoned from the last restore that counts, or else from the begin of the watch', () => {
    const due = (place: ReturnType<typeof at>) =>
      drillDueOf(aWatchStatus(), { drills: [drill()], standing: new Map([['monthly', [place]]]), now: T0 });
    expect(due(at('orders', T0 - HOUR))?.at).toBe(T0 + 9 * HOUR);
    expect(due(at('orders', T0 - 90 * HOUR, { doneAt: T0 - 2 * HOUR }))).toEqual({
      ...{ at: T0 + 8 * HOUR, state: 'ahead', drill: 'monthly', instanceName: null, othersOverdue: 0 },
    });
  });

  it('is overdue when that is told, and not by time alone: of a blind watch nobody knows', () => {
    const stateOf = (isTold: boolean) =>
      drillDueOf(aWatchStatus(), {
        drills: [drill()],
        standing: new Map([['monthly', [at('orders', T0 - 11 * HOUR, { isTold })]]]),
        now: T0,
      })?.state;
    expect(stateOf(false)).toBe('late');
    expect(stateOf(true)).toBe('overdue');
  });

  it('is named with its instance where a watch has several, and those overdue besides are counted', () => {
    const late = (instanceName: string, hours: number) =>
      at(instanceName, T0 - hours * HOUR, { isTold: true });
    const standing = new Map([
      ['*orders', [late('a', 12), late('b', 30), at('c', T0), at('blind', T0 - 50 * HOUR)]],
      ['weekly', [late('a', 20)]],
    ]);
    const drills = [
      drill({ name: null }),
      drill({ name: 'weekly' }),
      drill({ name: 'else', watch: 'other' }),
    ];
    expect(drillDueOf(aWatchStatus({ instanceName: '*' }), { drills, standing, now: T0 })).toEqual({
      ...{ at: T0 - 20 * HOUR, state: 'overdue', drill: null, instanceName: 'b', othersOverdue: 2 },
    });
  });

  it('is none where none is agreed, or nothing is known of it', () => {
    const nothing = new Map();
    expect(drillDueOf(aWatchStatus(), { drills: [], standing: nothing, now: T0 })).toBeNull();
    expect(drillDueOf(aWatchStatus(), { drills: [drill()], standing: nothing, now: T0 })).toBeNull();
  });
});
