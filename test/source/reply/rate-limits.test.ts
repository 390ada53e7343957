import { describe, expect, it } from 'vitest';
import { type RateLimits, readRateLimits } from '../../../src/source/reply/rate-limits.ts';

const NOW = Date.UTC(2026, 10, 2, 8);
const read = (headers: Record<string, string>) => readRateLimits(new Headers(headers), NOW);

describe('what a reply says of its limits', () => {
  const CASES: Array<[string, Record<string, string>, RateLimits]> = [
    [
      'of Atlas',
      { 'RateLimit-Limit': '1200', 'RateLimit-Remaining': '1199' },
      { limit: 1_200, remaining: 1_199 },
    ],
    [
      'with policies behind the number',
      { 'RateLimit-Limit': '100, 100;w=60, 5000;w=3600', 'RateLimit-Remaining': ' 7' },
      { limit: 100, remaining: 7, windowMs: 60_000 },
    ],
    [
      'with a reset in seconds',
      { 'RateLimit-Limit': '300', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '2' },
      { limit: 300, remaining: 0, fullInMs: 2_000 },
    ],
    [
      'with a reset as a date, by the clock of the server',
      {
        'RateLimit-Limit': '300',
        'RateLimit-Remaining': '0',
        'RateLimit-Reset': 'Mon, 02 Nov 2026 10:00:02 GMT',
        Date: 'Mon, 02 Nov 2026 10:00:00 GMT',
      },
      { limit: 300, remaining: 0, fullInMs: 2_000 },
    ],
    [
      'with a reset as the second of an epoch',
      { 'RateLimit-Limit': '300', 'RateLimit-Remaining': '0', 'RateLimit-Reset': String(NOW / 1_000 + 9) },
      { limit: 300, remaining: 0, fullInMs: 9_000 },
    ],
    [
      'with a reset as its millisecond',
      { 'RateLimit-Limit': '300', 'RateLimit-Remaining': '0', 'RateLimit-Reset': String(NOW + 250) },
      { limit: 300, remaining: 0, fullInMs: 250 },
    ],
    [
      'with a reset that is no time',
      { 'RateLimit-Limit': '300', 'RateLimit-Remaining': '0', 'RateLimit-Reset': 'soon' },
      { limit: 300, remaining: 0 },
    ],
    [
      'that came twice',
      { 'RateLimit-Limit': '10, 10', 'RateLimit-Remaining': '0, 0', 'RateLimit-Reset': '2, 2' },
      { limit: 10, remaining: 0, fullInMs: 2_000 },
    ],
    [
      'of a gateway that adds its own to those of Atlas, and is the scarcer one',
      { 'RateLimit-Limit': '1200, 5', 'RateLimit-Remaining': '1199, 0', 'RateLimit-Reset': '1' },
      { limit: 5, remaining: 0, fullInMs: 1_000 },
    ],
    [
      'of Atlas behind a gateway, whose reset is not the one of Atlas',
      { 'RateLimit-Limit': '5, 1200', 'RateLimit-Remaining': '5, 100', 'RateLimit-Reset': '1' },
      { limit: 1_200, remaining: 100 },
    ],
    [
      'with two resets, each as a date',
      {
        'RateLimit-Limit': '5, 1200',
        'RateLimit-Remaining': '5, 0',
        'RateLimit-Reset': 'Mon, 02 Nov 2026 08:00:01 GMT, Mon, 02 Nov 2026 08:00:09 GMT',
      },
      { limit: 1_200, remaining: 0, fullInMs: 9_000 },
    ],
    [
      'with more limits than rests, by the first',
      { 'RateLimit-Limit': '10, 20', 'RateLimit-Remaining': '3', 'RateLimit-Reset': '2' },
      { limit: 10, remaining: 3, fullInMs: 2_000 },
    ],
    [
      'with a policy in its own header',
      {
        'RateLimit-Limit': '10',
        'RateLimit-Remaining': '1',
        'RateLimit-Policy': '10;w=1;comment="a, b", 50;w=60',
      },
      { limit: 10, remaining: 1, windowMs: 1_000 },
    ],
    [
      'in one field',
      { RateLimit: 'limit=10, remaining=0, reset=1' },
      { limit: 10, remaining: 0, fullInMs: 1_000 },
    ],
    [
      'in one field, with the policy',
      { RateLimit: 'limit=100,remaining=50,reset=5', 'RateLimit-Policy': '100;w=10' },
      { limit: 100, remaining: 50, fullInMs: 5_000, windowMs: 10_000 },
    ],
    [
      'by name',
      { 'RateLimit-Policy': '"burst";q=100;w=60', RateLimit: '"burst";r=40;t=30' },
      { limit: 100, remaining: 40, fullInMs: 30_000, windowMs: 60_000 },
    ],
    [
      'by names: the scarcest counts',
      {
        'RateLimit-Policy': '"day";q=5000;w=86400, "burst, or \\"so\\"";q=100;w=60;pk=:cHJvamVjdA==:',
        RateLimit: '"day";r=4000;t=300, "burst, or \\"so\\"";r=9;t=30',
      },
      { limit: 100, remaining: 9, fullInMs: 30_000, windowMs: 60_000 },
    ],
    [
      'by names, of which one counts bytes',
      {
        'RateLimit-Policy': '"bytes";q=1000;qu="content-bytes", "calls";q=10;w=1;qu="requests"',
        RateLimit: '"bytes";r=0;t=60, "calls";r=5;t=1',
      },
      { limit: 10, remaining: 5, fullInMs: 1_000, windowMs: 1_000 },
    ],
    ['without a policy', { RateLimit: 'default;r=0;t=5' }, { limit: 1, remaining: 0, fullInMs: 5_000 }],
    [
      'where the one field makes no sense, by the others',
      { RateLimit: 'lots', 'RateLimit-Limit': '10', 'RateLimit-Remaining': '3' },
      { limit: 10, remaining: 3 },
    ],
    [
      'with a reset that is long ago',
      {
        'RateLimit-Limit': '10',
        'RateLimit-Remaining': '0',
        'RateLimit-Reset': 'Mon, 02 Nov 2026 07:00:00 GMT',
      },
      { limit: 10, remaining: 0, fullInMs: 0 },
    ],
    [
      'with a reset beyond the hour',
      { 'RateLimit-Limit': '10', 'RateLimit-Remaining': '0', 'RateLimit-Reset': '86400' },
      { limit: 10, remaining: 0, fullInMs: 3_600_000 },
    ],
  ];

  it.each(CASES)('is read %s', (_name, headers, expected) => {
    expect(read(headers)).toEqual(expected);
  });

  it.each<[string | null, string | null]>([
    [null, null],
    ['1200', null],
    [null, '5'],
    ['0', '0'],
    ['many', '5'],
    ['-1', '5'],
    ['1200', ''],
  ])('counts for nothing where limit or rest is missing or makes no sense: %s, %s', (limit, remaining) => {
    const headers = new Headers();
    if (limit !== null) headers.set('RateLimit-Limit', limit);
    if (remaining !== null) headers.set('RateLimit-Remaining', remaining);
    expect(readRateLimits(headers, NOW)).toBeNull();
  });

  it.each([
    'limit=10',
    'limit=ten, remaining=0',
    'limit=0, remaining=0',
    '"burst"',
    '"burst";r=-1',
    '"burst;r=4',
    ';;;,,,==',
    '"'.repeat(8_000),
    'a;'.repeat(8_000),
  ])('counts for nothing where the one field makes no sense: %.30s', (text) => {
    expect(read({ RateLimit: text, 'RateLimit-Policy': text })).toBeNull();
  });
});
