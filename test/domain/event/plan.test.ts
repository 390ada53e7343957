import { describe, expect, it } from 'vitest';
import {
  asksForUsuals,
  type ComparisonPlan,
  type PlanContext,
  planComparison,
  planEvent,
} from '../../../src/domain/event/plan.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import {
  type Comparison,
  compareNotFound,
  compareUnreadable,
  diffObservations,
  withTimeEvents,
} from '../../../src/domain/job/transition.ts';
import {
  aJob,
  anEvent,
  aRoute,
  aTarget,
  GROUP_ID,
  jobId,
  jobSubjectOf,
  MINUTE,
  T0,
} from '../../support/builders.ts';
import { aContext, NOTHING, NOW, recorded, written } from '../../support/comparisons.ts';

const TO_ONCALL = aRoute({ events: ['failed', 'missing', 'expired'] });

function aPlanContext(over: Partial<PlanContext> = {}): PlanContext {
  return {
    target: aTarget(),
    labels: { team: 'payments' },
    routes: [TO_ONCALL],
    mutes: [],
    nextDigest: () => null,
    usuals: new Map(),
    projectUrl: `https://cloud.mongodb.com/v2/${GROUP_ID}`,
    now: NOW,
    ...over,
  };
}

function told(plan: ComparisonPlan): string[] {
  return plan.events.map(({ event }) => event.name);
}

describe('a comparison that changes nothing', () => {
  it('gives no event and no audit entry', () => {
    expect(planComparison(NOTHING, aPlanContext())).toEqual({ events: [], audit: [] });
  });
});

describe('a transition', () => {
  const failed = diffObservations(recorded(), aJob(['failed']), aContext());
  const plan = planComparison(failed, aPlanContext());

  it('becomes an event that is complete in itself', () => {
    expect(plan.events).toHaveLength(1);
    expect(plan.events[0]?.event).toMatchObject({
      name: 'failed',
      severity: 'critical',
      subject: {
        kind: 'job',
        watch: 'orders',
        labels: { team: 'payments' },
        instance: { groupId: GROUP_ID, kind: 'serverless', instanceName: 'orders' },
        projectUrl: `https://cloud.mongodb.com/v2/${GROUP_ID}`,
        job: { id: jobId(1), state: 'failed' },
        from: 'in_progress',
        to: 'failed',
        inferred: false,
        late: false,
      },
      detectedAt: NOW,
      occurredAt: T0 + 14 * MINUTE,
      test: false,
    });
  });

  it('has the same event id whenever it is found, whatever else has changed by then', () => {
    const later = aContext({ now: NOW + 90 * MINUTE, lastLookAt: NOW + 89 * MINUTE });
    const again = diffObservations(undefined, aJob(['failed']), later);
    const found = planComparison(again, aPlanContext({ now: later.now, labels: {}, routes: [] }));
    expect(found.events.map(({ event }) => event.id)).toContain(plan.events[0]?.event.id);
  });

  it('has another event id for each time that a job goes missing', () => {
    const missing = (timesMissing: number) => {
      const observation = { ...recorded(), timesMissing };
      const standing = [{ name: 'missing' as const, note: null }];
      return planComparison({ ...NOTHING, observation, standing }, aPlanContext()).events[0]?.event.id;
    };
    expect(missing(1)).toBe(missing(1));
    expect(missing(2)).not.toBe(missing(1));
  });

  it('has another event id for another job, watch or milestone', () => {
    const other = diffObservations(undefined, aJob(['failed'], { id: jobId(2) }), aContext());
    const expired = diffObservations(recorded(), aJob(['failed', 'expired']), aContext());
    const ids = [
      planComparison(other, aPlanContext()),
      planComparison(expired, aPlanContext()),
      planComparison(failed, aPlanContext({ target: aTarget({ watch: 'users' }) })),
    ].flatMap(({ events }) => events.map(({ event }) => event.id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is written down with the observation, the decision and its reason', () => {
    const id = plan.events[0]?.event.id;
    expect(plan.audit.map(({ at, kind }) => [at, kind])).toEqual([
      [NOW, 'observation.changed'],
      [NOW, 'transition'],
      [NOW, 'decision'],
    ]);
    expect(plan.audit[0]?.data).toMatchObject({
      watch: 'orders',
      jobId: jobId(1),
      state: 'failed',
      milestones: ['started', 'failed'],
    });
    expect(plan.audit[1]?.data).toMatchObject({ eventId: id, event: 'failed', severity: 'critical' });
    expect(plan.audit[2]?.data).toEqual({
      eventId: id,
      event: 'failed',
      decision: 'deliver',
      channel: 'oncall',
      routes: [0],
    });
  });

  it('that no route takes is recorded all the same, as suppressed', () => {
    const { events, audit } = planComparison(failed, aPlanContext({ routes: [] }));
    expect(events).toMatchObject([{ channels: [], suppressed: 'no_route' }]);
    expect(audit.at(-1)).toMatchObject({
      kind: 'decision',
      data: { decision: 'suppress', reason: 'no_route' },
    });
  });

  it('is one of several in the order of life, each saying the state it led to', () => {
    const comparison = diffObservations(undefined, aJob(['finished', 'expired']), aContext());
    const { events } = planComparison(comparison, aPlanContext());
    expect(events.map(({ event }) => [event.name, jobOf(event)?.state, event.severity])).toEqual([
      ['started', 'in_progress', 'info'],
      ['finished', 'finished', 'info'],
      ['expired', 'expired', 'info'],
    ]);
    expect(events.map(({ channels }) => channels)).toEqual([[], [], ['oncall']]);
  });

  it('to finished is a warning when there are warnings', () => {
    const comparison = diffObservations(recorded(), aJob(['finished'], { warnings: true }), aContext());
    expect(planComparison(comparison, aPlanContext()).events[0]?.event.severity).toBe('warning');
  });

  it('of the past becomes no event: the entry of the observation names it as silent', () => {
    const baseline = diffObservations(undefined, aJob(['failed']), aContext({ firstSight: 'baseline' }));
    const { events, audit } = planComparison(baseline, aPlanContext());
    expect(events).toEqual([]);
    expect(audit).toHaveLength(1);
    expect(audit[0]).toMatchObject({
      kind: 'observation.changed',
      data: { silent: ['started', 'failed'], reason: 'baseline', firstSight: 'baseline' },
    });
  });
});

describe('an anomaly', () => {
  it('is written down when it is new, and tells nobody', () => {
    const backwards = diffObservations(recorded('finished'), aJob(), aContext());
    const { events, audit } = planComparison(backwards, aPlanContext());
    expect(events).toEqual([]);
    expect(audit.map(({ kind }) => kind)).toEqual(['observation.changed', 'anomaly.seen']);
    expect(audit[1]?.data).toMatchObject({ jobId: jobId(1), problem: backwards.newAnomaly });
  });

  it('of a job of which nothing readable was ever seen is written down too', () => {
    const { events, audit } = planComparison(
      compareUnreadable(undefined, jobId(3), 'state PAUSED is unknown', aContext()),
      aPlanContext(),
    );
    expect(events).toEqual([]);
    expect(audit.map(({ data }) => data.jobId)).toEqual([jobId(3), jobId(3)]);
    expect(audit[0]?.data).toMatchObject({ state: 'unknown', job: null });
  });
});

describe('a job that has gone', () => {
  const gone = (...outcomes: Parameters<typeof recorded>) => {
    const once = compareNotFound(recorded(...outcomes), aContext());
    return planComparison(compareNotFound(written(once), aContext()), aPlanContext());
  };

  it('is told as missing while it had not ended', () => {
    for (const plan of [gone(), gone('ready')]) {
      expect(told(plan)).toEqual(['missing']);
      expect(plan.events[0]).toMatchObject({
        channels: ['oncall'],
        event: { severity: 'warning', occurredAt: NOW, subject: { to: null, late: false, inferred: false } },
      });
    }
    expect(gone('ready').events[0]?.event.subject).toMatchObject({ from: 'ready' });
  });

  it('is written down and not told once it had ended: Atlas forgets old jobs', () => {
    expect(told(gone('finished'))).toEqual([]);
    expect(gone('finished').audit).toMatchObject([
      { kind: 'observation.changed', data: { state: 'finished', notFoundCount: 2 } },
    ]);
  });

  it('is not told when nothing readable was ever seen of it', () => {
    const seen = written(compareUnreadable(undefined, jobId(1), 'odd', aContext()));
    const once = written(compareNotFound(seen, aContext()));
    expect(told(planComparison(compareNotFound(once, aContext()), aPlanContext()))).toEqual([]);
  });
});

describe('an event that is no transition', () => {
  it('is routed and written down like any other', () => {
    const event = anEvent('watch_failing');
    const { plannedEvent, audit } = planEvent(event, {
      routes: [{ ...TO_ONCALL, events: ['*'] }],
      mutes: [],
      nextDigest: () => null,
    });
    expect(plannedEvent).toEqual({ event, channels: ['oncall'], suppressed: null });
    expect(audit.map(({ kind }) => kind)).toEqual(['transition', 'decision']);
    expect(audit[0]?.data).toMatchObject({ event: 'watch_failing', jobId: null });
  });
});

describe('an event that waits for a digest', () => {
  it('says on whose, and until when, for the outbox and on record', () => {
    const event = anEvent('failed');
    const { plannedEvent, audit } = planEvent(event, {
      routes: [aRoute({ channels: ['oncall', 'dba'] })],
      mutes: [],
      nextDigest: (channel) => (channel === 'dba' ? T0 + 60 * MINUTE : null),
    });
    expect(plannedEvent).toMatchObject({ channels: ['oncall', 'dba'] });
    expect(plannedEvent.heldUntil).toEqual(new Map([['dba', T0 + 60 * MINUTE]]));
    expect(audit.filter(({ kind }) => kind === 'decision').map(({ data }) => data.heldUntil)).toEqual([
      undefined,
      '2026-11-02T09:00:05.000Z',
    ]);
  });
});

describe('the expected end in an event', () => {
  const usuals = new Map([['automated', { usualMs: 20 * MINUTE, samples: 34 }]]);
  const endsOf = (comparison: Comparison) => {
    const { events } = planComparison(comparison, aPlanContext({ usuals }));
    return Object.fromEntries(events.map(({ event }) => [event.name, jobSubjectOf(event).expectedEnd]));
  };
  const seen = (...args: Parameters<typeof aJob>) => diffObservations(undefined, aJob(...args), aContext());
  const limit = { stalled: { afterMs: MINUTE, note: null }, expiringWithinMs: null };
  const stalled = withTimeEvents(NOTHING, recorded(), limit, { at: NOW, surelyAt: NOW });

  it('comes with the start of a running job and with one that is stalled', () => {
    const usual = {
      at: T0 + 20 * MINUTE,
      basis: 'history',
      isOverdue: NOW > T0 + 20 * MINUTE,
      usualMs: 20 * MINUTE,
      samples: 34,
    };
    expect(endsOf(seen())).toEqual({ started: usual });
    expect(endsOf(stalled)).toEqual({ stalled: usual });
  });

  it('is not there for a job that has ended by now, nor without anything to go by', () => {
    expect(endsOf(seen(['finished'], {}, 1))).toEqual({ started: null, finished: null });
    expect(endsOf(seen([], { deliveryType: 'pointInTime' }))).toEqual({ started: null });
  });

  it('needs what is usual for those two alone', () => {
    expect([seen(), stalled].map(asksForUsuals)).toEqual([true, true]);
    const baseline = diffObservations(undefined, aJob(), aContext({ firstSight: 'baseline' }));
    const failed = diffObservations(recorded(), aJob(['failed']), aContext());
    expect([NOTHING, baseline, failed, seen(['finished'])].map(asksForUsuals)).toEqual(Array(4).fill(false));
  });
});
