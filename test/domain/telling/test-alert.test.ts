import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/domain/telling/routing.ts';
import { planTestAlert } from '../../../src/domain/telling/test-alert.ts';
import { aRoute, aWatch, jobSubjectOf, T0 } from '../../support/builders.ts';

const context = { watch: aWatch(), projectUrl: null, now: T0 };

function plan(routes: Route[], over: Partial<typeof context> = {}) {
  return planTestAlert({ event: 'failed', target: null }, { ...context, ...over, routes });
}

describe('a test alert', () => {
  it('goes to those whom the routes would tell the real event, and to nobody else', () => {
    const { plannedEvent } = plan([
      aRoute({ events: ['failed'], channels: ['oncall'], labels: { team: 'payments' } }),
      aRoute({ severities: ['critical'], channels: ['pager'] }),
      aRoute({ events: ['finished'], channels: ['siem'] }),
    ]);
    expect(plannedEvent.channels).toEqual(['oncall', 'pager']);
    expect(plannedEvent.event).toMatchObject({ name: 'failed', severity: 'critical', test: true });
  });

  it('is on record as a test alert and not as something that has happened', () => {
    const { audit } = plan([aRoute()]);
    expect(audit.map(({ kind }) => kind)).toEqual(['test_alert.sent', 'decision']);
  });

  it('says so on record when no route takes it', () => {
    const { plannedEvent, audit } = plan([]);
    expect(plannedEvent).toMatchObject({ channels: [], suppressed: 'no_route' });
    expect(audit.at(-1)?.data).toMatchObject({ decision: 'suppress', reason: 'no_route' });
  });

  it('shows no placeholder and no asterisk of a watch that finds its instances itself', () => {
    const watch = aWatch({
      groupId: '*',
      instanceName: '*',
      labels: { team: '{project.tags.team}', environment: 'production' },
    });
    const { event } = plan([aRoute()], { watch }).plannedEvent;
    expect(jobSubjectOf(event).labels).toEqual({ environment: 'production' });
    expect(JSON.stringify([event.summary, event.subject])).not.toContain('*');
  });
});
