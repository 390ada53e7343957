import { describe, expect, it } from 'vitest';
import { muteScheduleFault } from '../../src/config/mute-schedule.ts';
import { HOUR, MINUTE, T0 } from '../support/builders.ts';

const DAY = 24 * HOUR;

/** What is said of it at hours of all sorts within a week, each verdict once. */
function verdicts(schedule: string, forMs: number, timeZone = 'UTC'): Array<string | null> {
  const hours = [0, 15, 67, 118].map((hour) => T0 + hour * HOUR);
  return [...new Set(hours.map((now) => muteScheduleFault({ schedule, timeZone }, forMs, now)))];
}

describe('a mute that comes round', () => {
  it.each([
    ['has a pause each night', '0 9-17 * * *', 2 * HOUR],
    ['has a pause at the end of the week', '*/30 * * * 1-5', HOUR],
    ['has a pause on one day of the week', '0 * * * 0-5', 2 * HOUR],
    ['has a pause in one month', '0 0 * 1-11 *', 26 * HOUR],
    ['has one of an hour', '0 */3 * * *', 2 * HOUR],
    ['comes once a week for days', '0 0 2 * * 6', 4 * DAY],
  ])('may do so where it %s, whenever it is asked', (_what, schedule, forMs) => {
    expect(verdicts(schedule, forMs)).toEqual([null]);
  });

  it.each([
    ['every hour for two', '0 * * * *', 2 * HOUR],
    ['every hour for one', '0 * * * *', HOUR],
    ['every minute for two', '* * * * *', 2 * MINUTE],
    ['at two hours that lie twelve apart, for twelve', '0 0,12 * * *', 12 * HOUR],
    ['every day for a day', '0 2 * * *', DAY],
    ['every week for eight days', '0 0 2 * * 6', 8 * DAY],
  ])('is refused %s, whenever it is asked', (_what, schedule, forMs) => {
    const [verdict, ...others] = verdicts(schedule, forMs);
    expect(others).toEqual([]);
    expect(verdict).toContain('it would never end');
  });

  it('goes by the zone that it is read in', () => {
    expect(verdicts('0 9-17 * * *', 2 * HOUR, 'Europe/Vienna')).toEqual([null]);
    expect(verdicts('0 * * * *', 2 * HOUR, 'Europe/Vienna')).toHaveLength(1);
  });

  it('lasts a minute each time, or longer', () => {
    expect(verdicts('0 2 * * *', 30_000)).toEqual(['expected a minute or more each time, found 30 s']);
  });
});
