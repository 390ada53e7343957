import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shorten, shortenToCharacters } from '../../src/domain/shorten.ts';

const FAMILY = '👨‍👩‍👧‍👦';

describe('a text that is cut', () => {
  it.each([
    ['299 letters and an emoji, to 300 units', `${'x'.repeat(299)}😀`, 300, `${'x'.repeat(299)}…`],
    ['298 letters and an emoji, to 300 units', `${'x'.repeat(298)}😀`, 300, `${'x'.repeat(298)}😀`],
    ['a family at the cut', `abc${FAMILY}${FAMILY}`, 10, 'abc…'],
    ['a flag at the cut', 'abc🇩🇪xyz', 6, 'abc…'],
    ['an accent at the cut', 'abe\u0301xyz', 4, 'ab…'],
    ['half a pair at the cut', `ab\ud83d${'x'.repeat(9)}`, 5, 'ab\ufffdx…'],
    ['half a pair, uncut', 'disk full \ud83d', 300, 'disk full \ufffd'],
  ])('keeps its characters whole: %s', (_what, text, limit, expected) => {
    expect(shorten(text, limit)).toBe(expected);
  });

  it('may count characters in place of units', () => {
    expect(shortenToCharacters(`${'x'.repeat(299)}😀`, 300)).toBe(`${'x'.repeat(299)}😀`);
    expect(shortenToCharacters(`${'x'.repeat(299)}😀😀`, 300)).toBe(`${'x'.repeat(299)}…`);
    expect(shortenToCharacters('😀'.repeat(5), 3)).toBe('😀😀…');
  });

  it('is well-formed and within its limit, whatever it is', () => {
    const units = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0xd83d, 0xde00, 0x200d, 0x301)),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 120 }), (codes, limit) => {
        const text = String.fromCharCode(...codes);
        const cut = shorten(text, limit);
        expect(cut.isWellFormed()).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(limit);
        if (cut.length < text.length) expect(text.toWellFormed().startsWith(cut.slice(0, -1))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('ends, also where one character has no end', () => {
    const endless = `e${'\u0301'.repeat(5_000)}`;
    expect(shorten(endless, 300).length).toBeGreaterThan(200);
  });
});
