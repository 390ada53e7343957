import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, eventId, severityOf } from '../../../src/domain/event/event.ts';
import { SEVERITIES } from '../../../src/domain/event/event-kind.ts';
import { isMilestone } from '../../../src/domain/job/restore-job.ts';
import { T0 } from '../../support/builders.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const instants = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59Z') });
const subjects = fc.array(fc.string(), { minLength: 1, maxLength: 4 });

describe('an event id', () => {
  it('is a valid version 7 UUID, whatever it is about', () => {
    fc.assert(
      fc.property(instants, subjects, (at, about) => {
        expect(eventId(at, about)).toMatch(UUID_V7);
      }),
    );
  });

  it('carries its time in its first 48 bits', () => {
    fc.assert(
      fc.property(instants, subjects, (at, about) => {
        expect(Number.parseInt(eventId(at, about).replaceAll('-', '').slice(0, 12), 16)).toBe(at);
      }),
    );
  });

  it('sorts by its time as text', () => {
    fc.assert(
      fc.property(instants, instants, subjects, subjects, (one, other, about, also) => {
        fc.pre(one !== other);
        expect(eventId(one, about) < eventId(other, also)).toBe(one < other);
      }),
    );
  });

  it('is the same for the same event, today and in the next release', () => {
    expect(eventId(T0, ['orders', 'job', 'failed'])).toBe(eventId(T0, ['orders', 'job', 'failed']));
    expect(eventId(T0, ['orders', 'job', 'failed'])).toBe('01a19b45-cb88-73d4-bafb-4f61cbc40442');
  });

  it('differs as soon as anything about the event differs', () => {
    const ids = [
      eventId(T0, ['orders', 'job', 'failed']),
      eventId(T0 + 1, ['orders', 'job', 'failed']),
      eventId(T0, ['orders', 'job', 'finished']),
      eventId(T0, ['orders', 'jobfailed']),
      eventId(T0, ['orders', 'job,failed']),
      eventId(T0, ['ordersjob', 'failed']),
      eventId(T0, ['orders', 'job', 'failed', '']),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is distinct for ten thousand jobs found in the same instant', () => {
    const ids = Array.from({ length: 10_000 }, (_, job) => eventId(T0, ['orders', `${job}`, 'finished']));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('stays valid for an instant that is no whole or no positive number', () => {
    expect(eventId(T0 + 0.7, ['a'])).toMatch(UUID_V7);
    expect(eventId(-1, ['a'])).toMatch(UUID_V7);
  });
});

describe('the severity of an event', () => {
  it('is this one, unless the facts say otherwise', () => {
    expect(Object.fromEntries(EVENT_NAMES.map((name) => [name, severityOf(name)]))).toEqual({
      started: 'info',
      attributed: 'info',
      ready: 'info',
      finished: 'info',
      failed: 'critical',
      cancelled: 'warning',
      expired: 'warning',
      expiring: 'warning',
      stalled: 'warning',
      missing: 'warning',
      watch_failing: 'critical',
      watch_recovered: 'info',
      drill_overdue: 'warning',
      drill_failed: 'warning',
      drill_passed: 'info',
      channel_failing: 'critical',
      channel_recovered: 'info',
      audit_forked: 'critical',
      audit_agreed: 'info',
      checkpoint: 'info',
    });
    expect(SEVERITIES).toEqual(['info', 'warning', 'critical']);
  });

  it('is only news for what expired after it had finished', () => {
    expect(severityOf('expired', { from: 'finished' })).toBe('info');
    for (const from of ['in_progress', 'ready', 'failed', 'cancelled', null] as const) {
      expect(severityOf('expired', { from })).toBe('warning');
    }
  });

  it('is more than news for a finish with warnings, and for nothing else that has warnings', () => {
    expect(severityOf('finished', { from: 'in_progress', warnings: true })).toBe('warning');
    expect(severityOf('finished', { from: 'in_progress', warnings: false })).toBe('info');
    expect(severityOf('ready', { warnings: true })).toBe('info');
    expect(severityOf('failed', { warnings: true })).toBe('critical');
  });
});

describe('the name of an event', () => {
  it('is that of a transition for the milestones alone', () => {
    expect(EVENT_NAMES.filter(isMilestone)).toEqual([
      'started',
      'ready',
      'finished',
      'failed',
      'cancelled',
      'expired',
    ]);
  });
});
