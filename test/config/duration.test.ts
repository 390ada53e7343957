import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/config/duration.ts';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    ['090s', 90_000],
  ])('is read as milliseconds: %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '30',
    's',
    '0s',
    '00m',
    '-5m',
    '1.5h',
    '1h30m',
    '5 m',
    ' 5m',
    '5m ',
    '5M',
    '2w',
    '1e3s',
    '99999d',
    'NaNs',
  ])('is nothing else: "%s"', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each([
    [500, '500ms'],
    [90_000, '90s'],
    [5_400_000, '90m'],
    [7_200_000, '2h'],
    [172_800_000, '2d'],
  ])('is written in its largest whole unit: %d', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('survives being written and read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (ms) => parseDuration(formatDuration(ms)) === ms),
    );
  });
});
