import { afterEach, describe, expect, it, vi } from 'vitest';
import { cronFault, nextRun } from '../../src/config/cron.ts';

describe('a cron expression', () => {
  it.each([
    '* * * * * *',
    '*/30 * * * * *',
    '*/60 * * * * *',
    '*/5 * * * *',
    '0 9 * * mon-fri',
    '0 0 L * *',
    '0 0 * * 1#2',
    '0-29/10,45 0,12 1 jan,jul *',
    '0 0 * * 7',
    ' */30  * * * * * ',
  ])('is taken: %s', (expression) => {
    expect(cronFault(expression)).toBeNull();
  });

  it.each([
    ['', 'there are no fields'],
    ['* * * *', 'there are 4 fields'],
    ['* * * * * * *', 'there are 7 fields'],
    ['@daily', 'there is 1 field'],
    ['60 * * * * *', '60 is no second'],
    ['61 * * * *', '61 is no minute'],
    ['0 25 * * *', '25 is no hour'],
    ['0 0 0 * *', '0 is no day of month'],
    ['0 0 * 13 *', '13 is no month'],
    ['a b * * *', 'a is no minute; b is no hour'],
    ['0 0 30 2 *', 'that day of month never comes'],
    ['*/0 * * * *', '*/0 is no minute'],
    ['*/90 * * * * *', 'a step of 90 is longer than the 60 values of the second field'],
    ['0-30/90 * * * *', 'a step of 90 is longer than the 60 values of the minute field'],
    ['0 */25 * * *', 'a step of 25 is longer than the 24 values of the hour field'],
    ['1-0 * * * * *', 'the range 1-0 runs backwards; write 1-59,0-0'],
    ['0 22-6 * * *', 'the range 22-6 runs backwards; write 22-23,0-6'],
    ['0 0 * * 5,6-1', 'the range 6-1 runs backwards; write 6-7,0-1'],
  ])('is refused, with the reason: %s', (expression, reason) => {
    expect(cronFault(expression)).toBe(reason);
  });
});

describe('the next run of a cron expression', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const nextAt = (now: string, expression: string, zone: string): string => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(now) });
    return new Date(nextRun(expression, zone)).toISOString();
  };

  it.each([
    ['at its very time, the one after', '2026-11-02T06:00:00.000Z', '2026-11-03T06:00:00.000Z'],
    ['a moment before its time, that one', '2026-11-02T05:59:59.999Z', '2026-11-02T06:00:00.000Z'],
    ['before the clocks go back', '2026-10-24T12:00:00Z', '2026-10-25T06:00:00.000Z'],
    ['in the hour that comes twice', '2026-10-25T00:30:00Z', '2026-10-25T06:00:00.000Z'],
    ['before the clocks go forward', '2026-03-28T12:00:00Z', '2026-03-29T05:00:00.000Z'],
  ])('is read on the wall of a zone: %s', (_, now, next) => {
    expect(nextAt(now, '0 7 * * *', 'Europe/Berlin')).toBe(next);
  });

  it.each([
    ['in Berlin', '30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    ['once a week', '30 2 * * 0', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    [
      'known months before',
      '30 2 29 3 *',
      'Europe/Berlin',
      '2026-01-02T12:00:00Z',
      '2026-03-29T01:00:00.000Z',
    ],
    ['with seconds', '15 30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    [
      'at its first minute',
      '0 2 * * *',
      'America/New_York',
      '2026-03-07T12:00:00Z',
      '2026-03-08T07:00:00.000Z',
    ],
    ['over midnight', '0 0 * * 0', 'Africa/Cairo', '2026-04-20T12:00:00Z', '2026-04-25T21:00:00.000Z'],
    ['at midnight', '30 0 * * 5', 'Africa/Cairo', '2026-04-20T12:00:00Z', '2026-04-23T22:00:00.000Z'],
    [
      'of half an hour',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T02:00:00Z',
      '2026-10-03T15:30:00.000Z',
    ],
    [
      'after it has gone by',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:30:00.000Z',
    ],
    [
      'that is not on this day',
      '30 2 * * 1',
      'Europe/Berlin',
      '2026-03-28T12:00:00Z',
      '2026-03-30T00:30:00.000Z',
    ],
  ])(
    'of a time that the clocks leave out comes at the next minute there is: %s',
    (_, expression, zone, now, next) => {
      expect(nextAt(now, expression, zone)).toBe(next);
    },
  );

  it.each([['that comes twice counts the second time', '2026-10-24T12:00:00Z', '2026-10-25T01:30:00.000Z']])(
    'of a time %s',
    (_, now, next) => {
      expect(nextAt(now, '30 2 * * *', 'Europe/Berlin')).toBe(next);
    },
  );

  it('lies ahead at every minute of a day on which the clocks change', () => {
    for (let minute = 0; minute < 24 * 60; minute += 7) {
      const now = new Date(Date.parse('2026-10-25T00:00:30Z') + minute * 60_000).toISOString();
      const ahead = Date.parse(nextAt(now, '*/10 * * * *', 'Europe/Berlin')) - Date.parse(now);
      expect(ahead).toBeGreaterThan(0);
      expect(ahead).toBeLessThanOrEqual(70 * 60_000);
    }
  });

  it('takes six fields', () => {
    expect(nextAt('2026-11-02T05:59:58Z', '*/5 * * * * *', 'UTC')).toBe('2026-11-02T06:00:00.000Z');
  });

  it('is refused when it never comes', () => {
    expect(() => nextRun('0 7 31 * 1#1', 'UTC')).toThrow();
  });
});
