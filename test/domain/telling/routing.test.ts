import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { matchesGlob } from '../../../src/domain/telling/glob.ts';
import { planDeliveries, type Route } from '../../../src/domain/telling/routing.ts';
import { aJob, aMute, anEvent, aRoute, GROUP_ID, HOUR, T0 } from '../../support/builders.ts';

/** Whether a route takes the event. */
function takes(over: Partial<Route>, event: WatcherEvent): boolean {
  return planDeliveries(event, { routes: [aRoute(over)], mutes: [], nextDigest: () => null }).some(
    ({ kind }) => kind === 'deliver',
  );
}

describe('a route', () => {
  it('takes every event with *, but for what has to be named', () => {
    const left = EVENT_NAMES.filter((name) => !takes({ events: ['*'] }, anEvent(name)));
    expect(left).toEqual(['checkpoint']);
    expect(takes({ events: ['*', 'checkpoint'] }, anEvent('checkpoint'))).toBe(true);
  });

  it('takes the events that it names and no other', () => {
    const taken = EVENT_NAMES.filter((name) => takes({ events: ['failed', 'watch_failing'] }, anEvent(name)));
    expect(taken).toEqual(['failed', 'watch_failing']);
  });

  it.each<[string, Partial<Route>, boolean]>([
    ['the watch by name', { watches: ['orders'] }, true],
    ['the watch by glob', { watches: ['ord*'] }, true],
    ['one of several watches', { watches: ['users', 'orders'] }, true],
    ['another watch', { watches: ['users'] }, false],
    ['a watch whose name only begins alike', { watches: ['order'] }, false],
    ['a label', { labels: { team: 'payments' } }, true],
    ['every one of its labels', { labels: { team: 'payments', tier: 'gold' } }, true],
    ['a label with another value', { labels: { team: 'search' } }, false],
    ['a label that the watch has not', { labels: { region: 'eu' } }, false],
    ['a label of which only one fits', { labels: { team: 'payments', tier: 'silver' } }, false],
    ['a label that every object inherits', { labels: { constructor: 'Object' } }, false],
    ['no labels at all', { labels: {} }, true],
    ['its severity', { severities: ['critical'] }, true],
    ['one of several severities', { severities: ['warning', 'critical'] }, true],
    ['another severity', { severities: ['info', 'warning'] }, false],
    ['the target by name', { targetClusterNames: ['orders-copy'] }, true],
    ['the target by glob', { targetClusterNames: ['*-copy'] }, true],
    ['another target', { targetClusterNames: ['prod-*'] }, false],
    ['the kind of the job', { kinds: ['flex', 'serverless'] }, true],
    ['another kind', { kinds: ['cluster'] }, false],
    ['the way of delivery', { deliveryTypes: ['automated'] }, true],
    ['another way of delivery', { deliveryTypes: ['download'] }, false],
    ['the instance by glob', { instanceNames: ['ord*'] }, true],
    ['another instance', { instanceNames: ['orders-copy'] }, false],
    ['a target in the same project', { crossProject: false }, true],
    ['a target in another project', { crossProject: true }, false],
    ['an empty list of watches', { watches: [] }, false],
    ['the event, but not the watch', { events: ['failed'], watches: ['users'] }, false],
    ['the watch, but not the event', { events: ['ready'], watches: ['orders'] }, false],
    ['all that it asks for', { events: ['failed'], watches: ['o*'], severities: ['critical'] }, true],
  ])('that asks for %s', (_case, over, expected) => {
    const event = anEvent('failed', { labels: { team: 'payments', tier: 'gold' } });
    expect(takes(over, event)).toBe(expected);
  });

  it('goes by the severity that the event has, not by that of its name', () => {
    const news = anEvent('expired', { severity: 'info', from: 'finished' });
    expect(takes({ severities: ['info'] }, news)).toBe(true);
    expect(takes({ severities: ['warning'] }, news)).toBe(false);
  });

  it.each([
    ['another project', aJob(['failed'], { targetGroupId: 'f'.repeat(24) }), true],
    ['its own, in another case', aJob(['failed'], { targetGroupId: GROUP_ID.toUpperCase() }), false],
    ['no cluster', aJob(['ready'], { targetGroupId: null, deliveryType: 'download' }), false],
  ])('over crossProject knows a restore into %s', (_where, job, isCross) => {
    expect(takes({ crossProject: true }, anEvent('failed', { job }))).toBe(isCross);
    expect(takes({ crossProject: false }, anEvent('failed', { job }))).toBe(!isCross);
  });

  it.each<[Partial<Route>, watch: boolean]>([
    [{ kinds: ['serverless'] }, true],
    [{ kinds: ['cluster'] }, false],
    [{ instanceNames: ['ord*'] }, true],
    [{ instanceNames: ['users'] }, false],
    [{ deliveryTypes: ['automated'] }, false],
    [{ crossProject: false }, false],
  ])('with %o goes by what a watch watches, and takes nothing about a channel', (over, isTaken) => {
    expect(takes(over, anEvent('watch_failing'))).toBe(isTaken);
    expect(takes(over, anEvent('channel_failing'))).toBe(false);
  });

  it('over targets takes no event without a target: a download, a watch', () => {
    const download = anEvent('ready', { job: aJob(['ready'], { targetClusterName: null }) });
    const failing = anEvent('watch_failing');
    for (const event of [download, failing]) {
      expect(takes({ targetClusterNames: ['*'] }, event)).toBe(false);
      expect(takes({}, event)).toBe(true);
    }
  });
});

describe('planning deliveries', () => {
  it('adds the channels of every route that matches, in the order of the routes', () => {
    const routes = [
      aRoute({ events: ['failed'], channels: ['oncall', 'dba'] }),
      aRoute({ events: ['finished'], channels: ['team'] }),
      aRoute({ events: ['*'], channels: ['siem'] }),
    ];
    expect(planDeliveries(anEvent('failed'), { routes, mutes: [], nextDigest: () => null })).toEqual([
      { kind: 'deliver', channel: 'oncall', routes: [0] },
      { kind: 'deliver', channel: 'dba', routes: [0] },
      { kind: 'deliver', channel: 'siem', routes: [2] },
    ]);
  });

  it('gives a channel an event once, however many routes lead to it, and says which did', () => {
    const routes = [
      aRoute({ channels: ['oncall', 'oncall'] }),
      aRoute({ events: ['ready'], channels: ['oncall'] }),
      aRoute({ events: ['failed'], channels: ['dba', 'oncall'] }),
    ];
    expect(planDeliveries(anEvent('failed'), { routes, mutes: [], nextDigest: () => null })).toEqual([
      { kind: 'deliver', channel: 'oncall', routes: [0, 2] },
      { kind: 'deliver', channel: 'dba', routes: [2] },
    ]);
  });

  it.each<[string, Route[]]>([
    ['there are no routes', []],
    ['no route matches', [aRoute({ events: ['ready'] }), aRoute({ watches: ['users'] })]],
    ['the route that matches has no channel', [aRoute({ channels: [] })]],
  ])('suppresses with no_route when %s', (_case, routes) => {
    expect(planDeliveries(anEvent('failed'), { routes, mutes: [], nextDigest: () => null })).toEqual([
      { kind: 'suppress', reason: 'no_route' },
    ]);
  });

  it('holds an event until the next digest of a channel that has one, and of no other', () => {
    const routes = [aRoute({ channels: ['oncall', 'dba'] })];
    const nextDigest = (channel: string) => (channel === 'dba' ? T0 + HOUR : null);
    expect(planDeliveries(anEvent('failed'), { routes, mutes: [], nextDigest })).toEqual([
      { kind: 'deliver', channel: 'oncall', routes: [0] },
      { kind: 'deliver', channel: 'dba', routes: [0], heldUntil: T0 + HOUR },
    ]);
  });

  it('holds back no sample', () => {
    const event = anEvent('failed', { test: true });
    const rules = { routes: [aRoute()], mutes: [], nextDigest: () => T0 + HOUR };
    expect(planDeliveries(event, rules)).toEqual([{ kind: 'deliver', channel: 'oncall', routes: [0] }]);
  });

  it('suppresses what a mute in force covers, and says which mute', () => {
    const event = anEvent('failed');
    const rules = {
      routes: [aRoute()],
      mutes: [aMute({ id: 7, until: event.detectedAt + 1 })],
      nextDigest: () => null,
    };
    expect(planDeliveries(event, rules)).toEqual([{ kind: 'suppress', reason: 'muted', muteId: 7 }]);
    const later = anEvent('failed', { detectedAt: event.detectedAt + 1 });
    expect(planDeliveries(later, rules)).toMatchObject([{ kind: 'deliver' }]);
  });

  it('does not lay it on a mute when no route takes the event anyway', () => {
    const mutes = [aMute()];
    expect(planDeliveries(anEvent('failed'), { routes: [], mutes, nextDigest: () => null })).toEqual([
      { kind: 'suppress', reason: 'no_route' },
    ]);
  });
});

describe('a glob', () => {
  it.each<[glob: string, text: string | null, expected: boolean]>([
    ['orders', 'orders', true],
    ['orders', 'Orders', false],
    ['orders', 'orders-copy', false],
    ['orders', 'my-orders', false],
    ['orders*', 'orders', true],
    ['orders*', 'orders-copy', true],
    ['*orders', 'my-orders', true],
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'x', false],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*c', 'acd', false],
    ['a*b*c', 'a-b-b-c', true],
    ['**', 'x', true],
    ['*', null, false],
    ['*', 'two\nlines', true],
    ['orders', 'orders\n', false],
    ['o.ders', 'orders', false],
    ['o.ders', 'o.ders', true],
    ['orders?', 'orders', false],
    ['[a-z]*', 'orders', false],
    ['(a|b)', 'a', false],
    ['a+$^{1}\\', 'a+$^{1}\\', true],
    ['eu/west', 'eu/west', true],
  ])('%j over %j: %s', (glob, text, expected) => {
    expect(matchesGlob(glob, text)).toBe(expected);
  });
});
