import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfCanonical, NOT_CANONICAL } from '../../../src/domain/evidence/canonical-json.ts';

const isCanonical = (text: string): boolean => {
  const bytes = Buffer.from(`..${text}`);
  return endOfCanonical(bytes, 2) === bytes.length;
};

/** What the scanner stands in for. */
const isReallyCanonical = (text: string): boolean => {
  try {
    return canonicalize(JSON.parse(text)) === text;
  } catch {
    return false;
  }
};

describe('canonical JSON', () => {
  it.each([
    '{}',
    '[]',
    '""',
    '0',
    'true',
    '{"a":[1,{"b":null},false],"b":"Zoë 😀 \\"\\\\\\n\\u001f/"}',
    '{"":1,"A":2,"AB":3,"a":4,"é":5}',
    '{"a":999999999999999}',
  ])('is recognised by its bytes: %s', (text) => {
    expect(isReallyCanonical(text)).toBe(true);
    expect(isCanonical(text)).toBe(true);
  });

  it.each([
    '{"a": 1}',
    '{"a":1 }',
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"ab":1,"a":2}',
    '{"a!":1,"a":2}',
    '{"a":1.0}',
    '{"a":1e3}',
    '{"a":01}',
    '{"a":-0}',
    '{"a":9999999999999999}',
    '"\\u0041"',
    '"\\u001F"',
    '"\\u000a"',
    '"\\/"',
    '"\\ud800"',
    '"a\tb"',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    'nul',
    '[',
    '"',
    '',
    '\ufeff{}',
  ])('is not seen in what only means the same, or nothing: %s', (text) => {
    expect(isReallyCanonical(text)).toBe(false);
    expect(isCanonical(text)).toBe(false);
  });

  it('is not seen where keys order otherwise as UTF-16 than as UTF-8', () => {
    expect(isCanonical('{"\uffee":1,"😀":2}')).toBe(false);
  });

  it('is not looked for in bottomless nesting', () => {
    expect(endOfCanonical(Buffer.from('['.repeat(1_000_000)), 0)).toBe(NOT_CANONICAL);
  });

  it('is recognised in whatever has no fractions, negative numbers, and keys of an odd kind', () => {
    const key = fc.stringMatching(/^[ -!#-[\]-~é]{0,6}$/);
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false),
        fc.nat(),
        fc.string({ unit: 'binary' }),
        fc.array(tie('json')),
        fc.dictionary(key, tie('json')),
      ),
    }));
    fc.assert(
      fc.property(json, (value) => {
        expect(isCanonical(canonicalize(value) ?? '')).toBe(true);
      }),
    );
  });

  it('is never seen where it is not, whatever is changed', () => {
    const change = fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 2 }),
      put: fc.constantFrom(...'"\\{}[]:,019.eE-un \n\u0001é'),
    });
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), change, (value, { at, cut, put }) => {
        const text = canonicalize(value) ?? '';
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + put + text.slice(place + cut);
        if (isCanonical(changed)) expect(isReallyCanonical(changed)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
