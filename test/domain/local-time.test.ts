import { describe, expect, it } from 'vitest';
import { shortTime, timesIn, utcTime, zonedTime } from '../../src/domain/local-time.ts';

describe('times for people', () => {
  it.each([
    ['2026-11-02T08:14:05.999Z', 'Europe/Berlin', '2026-11-02 09:14:05 GMT+1'],
    ['2026-07-02T08:14:05Z', 'Europe/Berlin', '2026-07-02 10:14:05 GMT+2'],
    ['2026-11-02T23:30:00Z', 'Asia/Kolkata', '2026-11-03 05:00:00 GMT+5:30'],
    ['2026-11-02T05:00:00Z', 'America/New_York', '2026-11-02 00:00:00 GMT-5'],
  ])('%s in %s is %s', (instant, zone, text) => {
    expect(zonedTime(Date.parse(instant), zone)).toBe(text);
  });

  it.each([
    ['Asia/Kolkata', ['2026-11-02 08:14:05 UTC', '2026-11-02 13:44:05 GMT+5:30']],
    ['Africa/Abidjan', ['2026-11-02 08:14:05 UTC']],
    [null, ['2026-11-02 08:14:05 UTC']],
  ])('are in UTC, and beside it in the zone %s unless that shows the same', (zone, texts) => {
    expect(timesIn(Date.parse('2026-11-02T08:14:05Z'), zone)).toEqual(texts);
  });

  it.each([
    ['Europe/Berlin', '2026-11-02T08:14:05Z', 'Mon 09:14'],
    ['Asia/Kolkata', '2026-11-02T20:14:05Z', 'Tue 01:44'],
    [null, '2026-11-02T08:14:05Z', 'Mon 08:14 UTC'],
    ['Europe/Berlin', '2026-10-25T00:14:05Z', '25 Oct 02:14'],
    [null, '2026-10-25T00:14:05Z', '25 Oct 00:14 UTC'],
  ])(
    'are short for a lock screen, by the day of the week where that tells which: %s, %s',
    (zone, at, text) => {
      expect(shortTime(Date.parse(at), zone, Date.parse('2026-11-03T06:00:00Z'))).toBe(text);
    },
  );

  it('are given in UTC to the second', () => {
    expect(utcTime(Date.parse('2026-11-02T08:14:05.999Z'))).toBe('2026-11-02 08:14:05 UTC');
  });
});
