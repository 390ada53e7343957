import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  formatBound,
  formatSpan,
  objectIdInstant,
  parseInstant,
  toIso,
  toIsoOrNull,
} from '../../src/domain/instant.ts';
import { jobId, T0 } from '../support/builders.ts';

describe('reading an instant', () => {
  const zone = process.env.TZ;
  beforeEach(() => {
    process.env.TZ = 'America/New_York';
  });
  afterEach(() => {
    process.env.TZ = zone;
  });

  it.each([
    ['2026-11-02T08:00:05Z', '2026-11-02T08:00:05.000Z'],
    ['2026-11-02T08:00:05.123Z', '2026-11-02T08:00:05.123Z'],
    ['2026-11-02T08:00:05.123456Z', '2026-11-02T08:00:05.123Z'],
    ['2026-11-02T08:00Z', '2026-11-02T08:00:00.000Z'],
    ['2026-11-02T09:00:05+01:00', '2026-11-02T08:00:05.000Z'],
    ['2026-11-02T09:00:05+0100', '2026-11-02T08:00:05.000Z'],
    ['2026-11-02 08:00:05Z', '2026-11-02T08:00:05.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ])('takes %s', (text, expected) => {
    expect(toIsoOrNull(parseInstant(text))).toBe(expected);
  });

  it('takes a time without a zone as UTC, wherever the process lives', () => {
    expect(new Date(0).getTimezoneOffset()).not.toBe(0);
    expect(parseInstant('2026-11-02T08:00:05')).toBe(T0);
  });

  it.each([
    '',
    'soon',
    '5',
    'job 5',
    'Nov 2 2026',
    '2026-11',
    '2026-13-01',
    '2026-02-30',
    '2026-02-29T00:00:00Z',
    '2026-11-02T25:00:00Z',
    '2026-11-02T08:61:00Z',
    '2026-11-02T08:00:05Z, about',
    ' 2026-11-02T08:00:05Z',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeNull();
  });
});

describe('writing an instant', () => {
  it('is ISO 8601 in UTC, and nothing for nothing', () => {
    expect(toIso(T0)).toBe('2026-11-02T08:00:05.000Z');
    expect(toIsoOrNull(null)).toBeNull();
  });
});

describe('the time in an Atlas id', () => {
  it('is the second in which it was made', () => {
    expect(objectIdInstant('60800a1b2c3d4e5f60718293')).toBe(Date.parse('2021-04-21T11:18:51Z'));
    expect(objectIdInstant('60800A1B2C3D4E5F60718293')).toBe(Date.parse('2021-04-21T11:18:51Z'));
    expect(objectIdInstant(jobId(7))).toBe(T0);
  });

  it('is read beyond the year 2038', () => {
    expect(objectIdInstant('ffffffff0000000000000000')).toBe(0xffffffff * 1000);
  });

  it.each(['', '60800a1b', '60800a1b2c3d4e5f6071829g', '60800a1b2c3d4e5f607182930'])(
    'is nothing for %j',
    (text) => {
      expect(objectIdInstant(text)).toBeNull();
    },
  );
});

describe('a span for people', () => {
  it.each([
    [-5_000, 'under 1 s'],
    [0, 'under 1 s'],
    [999, 'under 1 s'],
    [1_000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [61_000, '1 min 1 s'],
    [14 * 60_000, '14 min'],
    [2 * 3_600_000 + 5 * 60_000 + 59_000, '2 h 5 min'],
    [3_600_000 + 7_000, '1 h'],
    [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h'],
    [86_400_000 + 5 * 60_000, '1 d'],
    [400 * 86_400_000, '400 d'],
  ])('of %d ms is %s', (ms, expected) => {
    expect(formatSpan(ms)).toBe(expected);
  });
});

describe('an upper bound for people', () => {
  it.each([
    [0, '1 s'],
    [33_001, '34 s'],
    [34_000, '34 s'],
    [59_999, '1 min'],
    [14 * 60_000 + 1, '14 min 1 s'],
    [2 * 3_600_000 + 5 * 60_000 + 1, '2 h 6 min'],
    [86_400_000 + 1, '1 d 1 h'],
  ])('rounds %d ms up to %s', (ms, text) => {
    expect(formatBound(ms)).toBe(text);
  });
});
