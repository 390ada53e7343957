import { describe, expect, it } from 'vitest';
import { readHeaderDate, readHeaderDates } from '../../../src/net/headers/header-date.ts';
import { parseRetryAfter } from '../../../src/net/retry-after.ts';

const iso = (text: string | null): string | null => {
  const at = readHeaderDate(text);
  return at === null ? null : new Date(at).toISOString();
};

describe('the date of a header', () => {
  it.each([
    ['Thu, 15 Jan 2026 07:08:09 GMT', '2026-01-15T07:08:09.000Z'],
    [' Thu, 15 Jan 2026 07:08:09 GMT ', '2026-01-15T07:08:09.000Z'],
    ['Thursday, 15-Jan-26 07:08:09 GMT', '2026-01-15T07:08:09.000Z'],
    ['Thu Jan 15 07:08:09 2026', '2026-01-15T07:08:09.000Z'],
    ['Thu Jan  1 00:00:00 2026', '2026-01-01T00:00:00.000Z'],
    ['Thu, 31 Dec 2026 23:59:60 GMT', '2026-12-31T23:59:59.000Z'],
    ['Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00.000Z'],
    ['@1767225600', '2026-01-01T00:00:00.000Z'],
    ['@1767225600;by=1', '2026-01-01T00:00:00.000Z'],
    ['Thu, 15 Jan 2026 00:00:00 GMT, Thu, 15 Jan 2026 00:00:00 GMT', '2026-01-15T00:00:00.000Z'],
    ['@1767225600, Thu, 01 Jan 2026 00:00:00 GMT', '2026-01-01T00:00:00.000Z'],
  ])('is read in every form that HTTP knows: %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each([
    null,
    '',
    '0',
    '?1',
    '?0',
    'true',
    'soon',
    '2026',
    '2026-01-15',
    '2026-01-15T00:00:00Z',
    '1767225600',
    '@',
    '@-1',
    '@1767225600.5',
    'Thu, 15 Jan 2026 07:08:09',
    'Thu, 15 Jan 2026 07:08:09 UTC',
    'Thu, 15 Jan 2026 07:08:09 +0000',
    'Xyz, 15 Jan 2026 07:08:09 GMT',
    'Thu, 15 Foo 2026 07:08:09 GMT',
    'Thu, 31 Feb 2026 07:08:09 GMT',
    'Thu, 29 Feb 2026 07:08:09 GMT',
    'Thu, 00 Jan 2026 07:08:09 GMT',
    'Thu, 15 Jan 2026 24:00:00 GMT',
    'Thu, 15 Jan 2026 07:60:00 GMT',
    'job 5',
    'Thu, 15 Jan 2026 00:00:00 GMT, Fri, 16 Jan 2026 00:00:00 GMT',
    'Thu, 15 Jan 2026 00:00:00 GMT, nonsense',
  ])('is not what only a lax reader takes for one: %s', (text) => {
    expect(readHeaderDate(text)).toBeNull();
  });

  it.each([
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Sat, 01 Jan 2000 00:00:00 GMT',
    'Thu, 31 Dec 2009 23:59:59 GMT',
    'Fri, 01 Jan 2100 00:00:00 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT, Sunday, 06-Nov-94 08:49:37 GMT, x',
    '@0',
    '@999999999999',
  ])('is not believed where no header of our time has a date: %s', (text) => {
    expect(readHeaderDate(text)).toBeNull();
  });

  it('may come several times, and then each is read', () => {
    const twice = 'Thu, 15 Jan 2026 00:00:00 GMT ,Fri, 16 Jan 2026 00:00:00 GMT';
    const both = [Date.UTC(2026, 0, 15), Date.UTC(2026, 0, 16)];
    expect(readHeaderDates(twice)).toEqual(both);
    expect(readHeaderDates(`?1, ${twice}, soon`)).toEqual(both);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 2, 8);
  const ask = (header: string | null, serverDate: string | null = null) =>
    parseRetryAfter(header, { now, longestMs: 3_600_000, serverDate });

  it.each<[string | null, number | undefined]>([
    ['30', 30_000],
    ['1.5', 1_500],
    [' 0 ', 0],
    ['999999', 3_600_000],
    ['Mon, 02 Nov 2026 08:00:20 GMT', 20_000],
    ['Mon, 02 Nov 2026 07:00:00 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
    ['Fri, 31 Dec 9999 23:59:59 GMT', undefined],
    ['Mon, 02 Nov 2026 08:00:20', undefined],
    ['30, 30', 30_000],
    ['30, Mon, 02 Nov 2026 08:00:40 GMT', 40_000],
    ['soon, 5', 5_000],
    ['-5', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%s asks for %s ms', (header, expected) => {
    expect(ask(header)).toBe(expected);
  });

  it('goes by the clock of the server, unless that clock is beyond belief', () => {
    const until = 'Mon, 02 Nov 2026 10:00:20 GMT';
    expect(ask(until, 'Mon, 02 Nov 2026 10:00:00 GMT')).toBe(20_000);
    expect(ask('Mon, 02 Nov 2026 08:00:20 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT')).toBe(20_000);
    expect(ask('Mon, 02 Nov 2026 08:00:20 GMT', '0')).toBe(20_000);
  });
});
