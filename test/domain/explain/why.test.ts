import { describe, expect, it } from 'vitest';
import { blindnessBefore, isAboutSightOf } from '../../../src/domain/explain/sight.ts';
import { explainTelling, type OnRecord, type OwedFact } from '../../../src/domain/explain/why.ts';
import { aMute, anEvent, aRoute, GROUP_ID, HOUR, jobSubjectOf, MINUTE, T0 } from '../../support/builders.ts';

const owed = (channel: string, over: Partial<OwedFact> = {}): OwedFact => ({
  channel,
  status: 'delivered',
  insteadOf: null,
  heldUntil: null,
  recipient: null,
  endedAt: T0,
  nextAttemptAt: T0,
  attemptsStarted: 1,
  lastDetail: null,
  ...over,
});

const record = (over: Partial<OnRecord> = {}): OnRecord => ({
  event: anEvent('failed'),
  suppressed: null,
  mute: null,
  deliveries: [],
  ...over,
});

const config = {
  channels: ['oncall', 'siem', 'dba'],
  routes: [
    aRoute({ events: ['failed'], channels: ['oncall'] }),
    aRoute({ channels: ['siem'], severities: ['info'], watches: ['users*'], labels: { team: 'search' } }),
  ],
  fallbacks: [],
};

const reasonsFor = (channel: string, on: OnRecord, by: Parameters<typeof explainTelling>[1] = config) =>
  explainTelling(on, by).find((why) => why.channel === channel)?.reasons;

describe('why a channel was told', () => {
  it('names the routes that lead there now', () => {
    expect(reasonsFor('oncall', record({ deliveries: [owed('oncall')] }))).toEqual([
      { kind: 'routed', basis: 'configuration', routes: [0] },
    ]);
  });

  it('says when no route leads there any more, and when the channel has left', () => {
    const deliveries = [owed('dba'), owed('old')];
    expect(reasonsFor('dba', record({ deliveries }))).toMatchObject([{ kind: 'routed_then' }]);
    expect(reasonsFor('old', record({ deliveries }))).toMatchObject([{ kind: 'left' }]);
  });

  it('names whom it stood in for, from the record alone', () => {
    const deliveries = [owed('dba', { insteadOf: 'oncall' })];
    const expected = [{ kind: 'instead_of', basis: 'recorded', channel: 'oncall' }];
    expect(reasonsFor('dba', record({ deliveries }))).toEqual(expected);
    expect(reasonsFor('dba', record({ deliveries }), null)).toEqual(expected);
  });
});

describe('why a channel was not told', () => {
  it('names for each of its routes every condition that is not met, with what the event has', () => {
    expect(reasonsFor('siem', record())).toEqual([
      {
        kind: 'unmet',
        basis: 'configuration',
        route: 1,
        conditions: [
          { condition: 'watches', wants: ['users*'], has: 'orders' },
          { condition: 'labels', wants: ['team=search'], has: 'team=payments' },
          { condition: 'severities', wants: ['info'], has: 'critical' },
        ],
      },
    ]);
    expect(reasonsFor('dba', record())).toEqual([{ kind: 'unnamed', basis: 'configuration' }]);
  });

  it('says which mute kept it away, but for channels that no route leads to', () => {
    const mute = aMute();
    const on = record({ suppressed: 'muted', mute });
    expect(reasonsFor('oncall', on)).toEqual([{ kind: 'muted', basis: 'recorded', mute }]);
    expect(reasonsFor('siem', on)).toMatchObject([{ kind: 'unmet' }]);
  });

  it('says that a route takes it only since then', () => {
    expect(reasonsFor('oncall', record({ suppressed: 'no_route' }))).toEqual([
      { kind: 'no_route', basis: 'recorded' },
      { kind: 'routed_since', basis: 'configuration', routes: [0] },
    ]);
  });

  it('says for whom it stands in', () => {
    const fallbacks = [{ channel: 'oncall', fallback: 'dba', afterMs: HOUR }];
    expect(reasonsFor('dba', record(), { ...config, fallbacks })).toEqual([
      { kind: 'stands_in', basis: 'configuration', channels: ['oncall'] },
    ]);
  });

  it('knows baseline, reminders, what is about the channel itself, and a configuration that cannot be read', () => {
    expect(reasonsFor('oncall', record({ suppressed: 'baseline' }))).toMatchObject([{ kind: 'baseline' }]);
    const again = anEvent('failed', { reminder: { number: 1, since: T0 } });
    expect(reasonsFor('oncall', record({ event: again }))).toMatchObject([{ kind: 'not_reminded' }]);
    const about = anEvent('channel_failing', { channel: 'oncall' });
    expect(reasonsFor('oncall', record({ event: about }))).toMatchObject([{ kind: 'itself' }]);
    const on = record({ deliveries: [owed('siem')], event: anEvent('failed') });
    expect(explainTelling(on, null)).toMatchObject([{ channel: 'siem', reasons: [] }]);
  });
});

describe('what a watch saw when something happened', () => {
  const found = T0 + 3 * HOUR;
  const base = anEvent('failed', { late: true, occurredAt: T0 + HOUR, detectedAt: found });
  const late = { ...base, subject: { ...jobSubjectOf(base), lastLookAt: T0 + 50 * MINUTE } };
  const failing = anEvent('watch_failing', { detectedAt: T0 + 55 * MINUTE });
  const recovered = anEvent('watch_recovered', { detectedAt: T0 + 58 * MINUTE });

  it('was told to be blind', () => {
    expect(blindnessBefore(late, [failing])).toEqual({
      lastLookAt: T0 + 50 * MINUTE,
      foundAt: found,
      alert: failing,
    });
  });

  it('was not, when it had recovered before', () => {
    expect(blindnessBefore(late, [recovered, failing])?.alert).toBeNull();
    expect(blindnessBefore(late, [])?.alert).toBeNull();
  });

  it('is no question for what was found in time', () => {
    expect(blindnessBefore(anEvent('failed'), [failing])).toBeNull();
  });

  it('hangs on the watch, and on the place of a part of it', () => {
    const place = { groupId: GROUP_ID, projectName: null, instanceName: 'users' };
    expect(isAboutSightOf(failing, late)).toBe(true);
    expect(isAboutSightOf(anEvent('watch_failing', { watch: 'users' }), late)).toBe(false);
    expect(isAboutSightOf(anEvent('watch_failing', { place }), late)).toBe(false);
    expect(isAboutSightOf(anEvent('drill_overdue'), late)).toBe(false);
  });
});
