import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventName } from '../../../src/domain/event/event.ts';
import { type Mute, mutedBy } from '../../../src/domain/telling/mute.ts';
import { aMute, anEvent, HOUR, T0 } from '../../support/builders.ts';

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

  it('holds for every event of the watch but those about the watching and the channels', () => {
    expect(EVENT_NAMES.filter((name) => !isMuted({ watch: '*' }, name))).toEqual([
      'watch_failing',
      'watch_recovered',
      'channel_failing',
      'channel_recovered',
    ]);
  });

  it('that names events holds for just those, and for watch_failing only then', () => {
    const events: EventName[] = ['stalled', 'watch_failing'];
    expect(EVENT_NAMES.filter((name) => isMuted({ events }, name)).sort()).toEqual(events);
  });

  it('never holds for an event about a channel, not even a mute that names it', () => {
    expect(isMuted({ watch: '*', events: ['channel_failing'] }, 'channel_failing')).toBe(false);
  });

  it('is, of several, the one that lasts longest', () => {
    const mutes = [aMute(), aMute({ id: 2, until: T0 + 48 * HOUR }), aMute({ id: 3, watch: 'users' })];
    expect(mutedBy(anEvent('failed'), mutes, T0)?.id).toBe(2);
  });
});
