import { describe, expect, it } from 'vitest';
import { testAlertReach } from '../../../src/domain/explain/test-alert-reach.ts';
import type { Route } from '../../../src/domain/telling/routing.ts';
import type { TestAlert } from '../../../src/domain/telling/test-alert.ts';
import { aRoute, aWatch, T0 } from '../../support/builders.ts';

function reachOf(routes: Route[], over: Partial<TestAlert> = {}) {
  const testAlert = { schedule: '0 9 * * *', event: 'failed' as const, watch: 'orders', target: null };
  return testAlertReach({ ...testAlert, ...over }, { watch: aWatch(), routes, projectUrl: null, now: T0 });
}

describe('the reach of a test alert', () => {
  const prod = aRoute({ channels: ['oncall'], targetClusterNames: ['prod-*'] });
  const copies = aRoute({ channels: ['dba'], targetClusterNames: ['orders', '*-copy'] });

  it('takes a target that every route takes, unless one is named', () => {
    expect(reachOf([prod, copies])).toEqual({
      target: 'prod-copy',
      reached: ['oncall', 'dba'],
      notReached: [],
    });
    expect(reachOf([prod, copies], { target: 'orders' })).toMatchObject({
      target: 'orders',
      reached: ['dba'],
    });
    expect(reachOf([aRoute()]).target).toBe('sample-target');
  });

  it('takes as many routes as one target can, and names those that it cannot', () => {
    const stage = aRoute({ channels: ['stage'], targetClusterNames: ['stage-*'] });
    expect(reachOf([prod, stage, copies])).toEqual({
      target: 'prod-copy',
      reached: ['oncall', 'dba'],
      notReached: [
        {
          channel: 'stage',
          routes: [
            {
              route: 1,
              conditions: [{ condition: 'targetClusterNames', wants: ['stage-*'], has: 'prod-copy' }],
            },
          ],
        },
      ],
    });
  });

  it('says route by route why a channel is not reached, and lets such routes choose no target', () => {
    const drills = aRoute({ channels: ['siem'], events: ['finished'], targetClusterNames: ['stage'] });
    const users = aRoute({ channels: ['siem'], watches: ['users'] });
    const { target, notReached } = reachOf([prod, drills, users]);
    expect(target).toBe('prod-');
    expect(notReached).toMatchObject([
      {
        channel: 'siem',
        routes: [
          { route: 1, conditions: [{ condition: 'events' }, { condition: 'targetClusterNames' }] },
          { route: 2, conditions: [{ condition: 'watches', has: 'orders' }] },
        ],
      },
    ]);
  });
});
