import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../../src/domain/event/event.ts';
import { remindersOf } from '../../../src/domain/telling/reminder-requests.ts';
import { anEvent, aRoute, HOUR, MINUTE } from '../../support/builders.ts';

const HOURLY = aRoute({ remindEveryMs: HOUR });

describe('who is to be told again', () => {
  it('is asked of what lasts alone', () => {
    const reminded = EVENT_NAMES.filter((name) => remindersOf(anEvent(name), [HOURLY]).length > 0);
    expect(reminded).toEqual([
      'started',
      'expiring',
      'stalled',
      'missing',
      'watch_failing',
      'drill_overdue',
      'drill_failed',
      'channel_failing',
    ]);
  });

  it('are the channels of the routes that take the event and remind', () => {
    const routes = [
      aRoute({ channels: ['siem'] }),
      aRoute({ channels: ['dba'], watches: ['users'], remindEveryMs: HOUR }),
      aRoute({ channels: ['oncall', 'pager'], events: ['stalled'], remindEveryMs: HOUR }),
    ];
    expect(remindersOf(anEvent('stalled'), routes)).toEqual([
      { channel: 'oncall', everyMs: HOUR },
      { channel: 'pager', everyMs: HOUR },
    ]);
    expect(remindersOf(anEvent('started'), routes)).toEqual([]);
  });

  it('are told as often as the route says that reminds most often', () => {
    const routes = [HOURLY, aRoute({ remindEveryMs: 10 * MINUTE }), HOURLY, aRoute()];
    expect(remindersOf(anEvent('stalled'), routes)).toEqual([{ channel: 'oncall', everyMs: 10 * MINUTE }]);
  });

  it('is never the channel that it is about', () => {
    const event = anEvent('channel_failing', { channel: 'oncall' });
    const routes = [aRoute({ channels: ['oncall', 'dba'], remindEveryMs: HOUR })];
    expect(remindersOf(event, routes)).toEqual([{ channel: 'dba', everyMs: HOUR }]);
  });

  it('is nobody for a sample, and for a start that was over when it was found', () => {
    expect(remindersOf(anEvent('started', { inferred: true }), [HOURLY])).toEqual([]);
    expect(remindersOf(anEvent('stalled', { test: true }), [HOURLY])).toEqual([]);
  });
});
