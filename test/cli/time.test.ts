import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/cli/time.ts';

const NOW = Date.parse('2026-11-10T12:00:00Z');

describe('a time on the command line', () => {
  it.each([
    ['45s', '2026-11-10T11:59:15Z'],
    ['90m', '2026-11-10T10:30:00Z'],
    ['2h', '2026-11-10T10:00:00Z'],
    ['7d', '2026-11-03T12:00:00Z'],
    ['500ms', '2026-11-10T11:59:59.500Z'],
    ['2026-11-02', '2026-11-02T00:00:00Z'],
    ['2026-11-02T08:00Z', '2026-11-02T08:00:00Z'],
    ['2026-11-02T08:00:05.250Z', '2026-11-02T08:00:05.250Z'],
    ['2026-11-02T10:00:00+02:00', '2026-11-02T08:00:00Z'],
    ['2026-11-02 08:00', '2026-11-02T08:00:00Z'],
    ['2026-11-02T08:00:00', '2026-11-02T08:00:00Z'],
  ])('reads %s as %s', (text, instant) => {
    expect(parseTime(text, NOW)).toBe(Date.parse(instant));
  });

  it.each([
    '',
    '7',
    'd',
    '-7d',
    '7 d',
    '1.5h',
    '7y',
    '0s',
    '2w',
    'yesterday',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2026-11-02T25:00Z',
    '02.11.2026',
  ])('refuses %j', (text) => {
    expect(() => parseTime(text, NOW)).toThrow(/Expected a time/);
  });
});
