import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../../src/domain/evidence/canonical-text.ts';

describe('the canonical text of plain JSON', () => {
  it('is what the reference implementation of RFC 8785 writes', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('a', 'B', '10', '9', '__proto__'),
    );
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false, -0, 1e21, 1e-7, 5e-324),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.string({ unit: 'binary' }),
        fc.array(tie('json')),
        fc.dictionary(key, tie('json'), { noNullPrototype: false }),
      ),
    }));
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalText(value)).toBe(canonicalize(value));
      }),
      { numRuns: 50 },
    );
  });

  it('puts names in the order of their UTF-16 units, and leaves out what is undefined', () => {
    expect(canonicalText({ '\uffee': 1, '😀': 2, b: undefined, a: [] })).toBe('{"a":[],"😀":2,"\uffee":1}');
  });

  it.each([
    ['half of a surrogate pair', { a: 'x\ud83d' }],
    ['half of one in a name', { 'x\udc00': 1 }],
    ['no number', { a: [Number.NaN] }],
    ['what has a form of its own', { a: new Date(0) }],
    ['a hole in a list', [undefined]],
    ['a function', { a: () => 1 }],
  ])('is not to be had of %s', (_what, value) => {
    expect(canonicalText(value)).toBeNull();
  });
});
