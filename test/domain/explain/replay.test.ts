import { describe, expect, it } from 'vitest';
import { ReplayTally, replayEvent } from '../../../src/domain/explain/replay.ts';
import { aMute, anEvent, aRoute, aWatch, HOUR, T0 } from '../../support/builders.ts';
import { recorded } from '../../support/reading-store.ts';

const config = {
  watches: [aWatch()],
  channels: ['oncall', 'siem'],
  routes: [aRoute({ channels: ['oncall'], events: ['failed'] }), aRoute({ channels: ['siem'] })],
};
const failed = anEvent('failed');
const was = recorded(failed, [
  { channel: 'siem' },
  { channel: 'dba' },
  { channel: 'spare', insteadOf: 'dba' },
]);

describe('a recorded event put to another configuration', () => {
  it('would be told to more and to fewer, fallbacks left out', () => {
    const replayed = replayEvent(was, config, []);
    expect(replayed).toMatchObject({ told: ['siem', 'dba'], more: ['oncall'], fewer: ['dba'] });
    expect([...replayed.now]).toEqual([
      ['oncall', [0]],
      ['siem', [1]],
    ]);
  });

  it('is kept away by the mutes of its own time alone', () => {
    const at = (over: Parameters<typeof aMute>[0]) => replayEvent(was, config, [aMute(over)]).now.size;
    expect(at({ createdAt: T0, until: T0 + HOUR })).toBe(0);
    expect(at({ createdAt: T0, until: T0 + HOUR, removed: { at: T0 + 2 * HOUR, by: 'ann' } })).toBe(0);
    expect(at({ createdAt: T0, until: T0 + HOUR, removed: { at: T0 + 1, by: 'ann' } })).toBe(2);
    expect(at({ createdAt: T0 + HOUR, until: T0 + 2 * HOUR })).toBe(2);
  });

  it('has the labels that its watch has now', () => {
    const routes = [aRoute({ channels: ['oncall'], labels: { team: 'search' } })];
    const by = (labels: Record<string, string>) =>
      replayEvent(was, { ...config, routes, watches: [aWatch({ labels })] }, []).now.size;
    expect(by({ team: 'search' })).toBe(1);
    expect(by({ team: '{project.name}' })).toBe(0);
  });

  it('would not be there without its watch', () => {
    expect(replayEvent(was, { ...config, watches: [] }, [])).toMatchObject({
      isUnwatched: true,
      fewer: ['siem', 'dba'],
    });
  });

  it('never goes through the channel that it is about', () => {
    const about = recorded(anEvent('channel_failing', { channel: 'siem' }));
    expect(replayEvent(about, config, []).now.size).toBe(0);
  });
});

it('counts by channel and by route', () => {
  const tally = new ReplayTally(config);
  tally.add(replayEvent(was, config, []));
  tally.add(replayEvent(recorded(anEvent('started'), [{ channel: 'siem' }]), config, []));
  expect(tally).toMatchObject({ events: 2, differing: 1, unwatched: 0, routes: [1, 2] });
  expect(tally.channels.get('siem')).toEqual({ told: 2, now: 2, more: 0, fewer: 0 });
  expect(tally.channels.get('oncall')).toEqual({ told: 0, now: 1, more: 1, fewer: 0 });
});
