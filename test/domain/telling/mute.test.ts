import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventName } from '../../../src/domain/event/event.ts';
import { endOf, isInForce, isOver, type Mute, mutedBy, nextStart } from '../../../src/domain/telling/mute.ts';
import { aJob, aMute, anEvent, GROUP_ID, HOUR, jobId, T0 } from '../../support/builders.ts';

function isMuted(mute: Partial<Mute>, name: EventName = 'failed', watch = 'orders', now = T0): boolean {
  return mutedBy(anEvent(name, { watch }), [aMute({ until: T0 + HOUR, ...mute })], now) !== null;
}

describe('a mute', () => {
  it('holds until its end, not at it', () => {
    expect(isMuted({}, 'failed', 'orders', T0 + HOUR - 1)).toBe(true);
    expect(isMuted({}, 'failed', 'orders', T0 + HOUR)).toBe(false);
  });

  it('holds no longer once it is removed', () => {
    expect(isMuted({ removed: { at: T0, by: 'bob' } })).toBe(false);
  });

  it('holds for the watches that it names, also by a glob', () => {
    expect(isMuted({ watch: 'order' })).toBe(false);
    expect(isMuted({ watch: 'ord*' })).toBe(true);
    expect(isMuted({ watch: '*' }, 'failed', 'users')).toBe(true);
  });

  it('holds for every event of the watch but those about the watching, the channels and the audit log', () => {
    expect(EVENT_NAMES.filter((name) => !isMuted({ watch: '*' }, name))).toEqual([
      'watch_failing',
      'watch_recovered',
      'channel_failing',
      'channel_recovered',
      'audit_forked',
      'audit_agreed',
      'checkpoint',
    ]);
  });

  it('that names events holds for just those, and for watch_failing only then', () => {
    const events: EventName[] = ['stalled', 'watch_failing'];
    expect(EVENT_NAMES.filter((name) => isMuted({ events }, name)).sort()).toEqual(events);
  });

  it('never holds for an event about a channel, not even a mute that names it', () => {
    expect(isMuted({ watch: '*', events: ['channel_failing'] }, 'channel_failing')).toBe(false);
  });

  it.each<[string, Partial<Mute>, Partial<Mute>]>([
    ['the project', { project: `${GROUP_ID.slice(0, 4)}*` }, { project: 'b*' }],
    ['the instance', { instance: 'ord*' }, { instance: 'users' }],
    ['the target', { target: '*-copy' }, { target: 'orders' }],
    ['the job', { job: jobId(1) }, { job: jobId(2) }],
    ['a label', { labels: { team: 'pay*' } }, { labels: { team: 'ops' } }],
    ['every label', { labels: { team: 'payments' } }, { labels: { team: 'payments', tier: '1' } }],
  ])('holds for events that have %s it names', (_what, fitting, other) => {
    const event = anEvent('failed', {
      job: aJob(['failed'], { id: jobId(1), targetClusterName: 'orders-copy' }),
      labels: { team: 'payments' },
    });
    const holds = (over: Partial<Mute>): boolean => mutedBy(event, [aMute(over)], T0) !== null;
    expect(holds(fitting)).toBe(true);
    expect(holds(other)).toBe(false);
  });

  it('of a target or a job holds for no event about the watch itself', () => {
    const muted = (over: Partial<Mute>) => isMuted({ events: ['watch_failing'], ...over }, 'watch_failing');
    expect([muted({}), muted({ target: '*' }), muted({ job: '*' })]).toEqual([true, false, false]);
  });

  it('that comes round holds from each slot on for its time, until it is removed', () => {
    const slot = Date.parse('2026-11-07T02:00:00Z');
    const recurs = { schedule: '0 0 2 * * 6', timeZone: 'UTC', forMs: 4 * HOUR };
    const mute = aMute({ until: null, recurs });
    const times = [slot - 1, slot, slot + 4 * HOUR - 1, slot + 4 * HOUR];
    expect(times.map((now) => isInForce(mute, now))).toEqual([false, true, true, false]);
    expect(times.map((now) => endOf(mute, now))).toEqual([null, slot + 4 * HOUR, slot + 4 * HOUR, null]);
    expect(nextStart(mute, slot + 5 * HOUR)).toBe(slot + 7 * 24 * HOUR);
    expect(nextStart(mute, slot)).toBeNull();
    const removed = { ...mute, removed: { at: T0, by: 'bob' } };
    expect([isInForce(removed, slot), isOver(removed, slot), isOver(mute, slot)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(mutedBy(anEvent('failed'), [mute, aMute({ id: 2, until: slot + HOUR })], slot)?.id).toBe(1);
  });

  it('is, of several, the one that lasts longest', () => {
    const mutes = [aMute(), aMute({ id: 2, until: T0 + 48 * HOUR }), aMute({ id: 3, watch: 'users' })];
    expect(mutedBy(anEvent('failed'), mutes, T0)?.id).toBe(2);
  });
});
