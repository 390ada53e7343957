import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/config/text/json-text.ts';

describe('reading JSON', () => {
  it.each([
    ['', 1, 1, 'expected a value, but the file ends here'],
    ['{', 1, 2, 'expected "," or "}", but the file ends here'],
    ['{"a": 1\n "b": 2}', 2, 2, 'expected "," or "}", found a double quote'],
    ['{"a": [1, 2}', 1, 12, 'expected "," or "]", found "}"'],
    ['{"a": [1, 2,,]}', 1, 13, 'expected a value, found ","'],
    ['// one\n/* two\n*/ {"a" 1}', 3, 9, 'expected ":", found "1"'],
    ['{"a": [1, 2', 1, 12, 'expected "," or "]", but the file ends here'],
    ['{a: 1}', 1, 2, 'expected a value, or a key in double quotes, found "a"'],
    ['{1: 1}', 1, 2, 'expected a key in double quotes, found "1"'],
    ["{'a': 1}", 1, 2, 'texts and keys stand in double quotes, not in single ones'],
    ['{"a" 1}', 1, 6, 'expected ":", found "1"'],
    ['{"a": 01}', 1, 8, 'expected "," or "}", found "1"'],
    ['{"a": 1.}', 1, 7, 'this number breaks off'],
    ['{"a": yes}', 1, 7, 'expected a value, or a key in double quotes, found "y"'],
    ['{"a": "b\nc"}', 1, 7, 'this text has no closing quote on its line'],
    ['{"a": "C:\\data"}', 1, 7, 'this text holds an escape that JSON does not know'],
    ['{"a": "b\tc"}', 1, 7, 'this text holds a tab'],
    ['{"a": "\\u12"}', 1, 7, 'this text holds a \\u without four hexadecimal digits'],
    ['{} {}', 1, 4, 'expected the end of the file, found "{"'],
    ['{"a": 1 /* one }', 1, 9, 'this comment has no end'],
    ['['.repeat(200), 1, 102, 'nested deeper than 100 levels'],
  ])('says where and why it is none: %j', (text, line, column, message) => {
    expect(readJson(text)).toMatchObject({
      kind: 'fault',
      line,
      column,
      message: expect.stringContaining(message),
    });
  });

  it('takes slashes inside a text for what they are', () => {
    expect(readJson('{"url": "https://example.com/*/x"}')).toMatchObject({ kind: 'value' });
  });

  it('takes comments and a comma behind the last entry', () => {
    const text = '// one\n{"a": [1, /* two */ 2,], "b": {"c": "//", },\n}\n/* three */';
    expect(readJson(text)).toMatchObject({
      kind: 'value',
      value: { a: [1, 2], b: { c: '//' } },
      duplicates: [],
    });
  });

  it('tells on which line a path stands, or what it would stand in', () => {
    const reading = readJson('// top\n{\n  "a": [\n    {\n      "b":\n        1 /* two\n lines */ }\n  ]\n}');
    const lineOf = reading.kind === 'value' ? reading.lineOf : () => 0;
    expect([[], ['a'], ['a', 0], ['a', 0, 'b'], ['a', 0, 'c'], ['a', 7], ['z']].map(lineOf)).toEqual([
      2, 3, 4, 5, 4, 3, 2,
    ]);
  });

  it('takes a key that means something to the language for any other', () => {
    const reading = readJson('{"__proto__": {"a": 1}}');
    expect(Object.keys(reading.kind === 'value' ? Object(reading.value) : {})).toEqual(['__proto__']);
  });

  it('finds keys that stand twice, wherever they are', () => {
    expect(readJson('{"a": 1, "b": [{"c": 1, "\\u0063": 2}], "a": 3}')).toMatchObject({
      kind: 'value',
      value: { a: 3, b: [{ c: 2 }] },
      duplicates: [['b', 0, 'c'], ['a']],
    });
    expect(readJson('{"a": {"b": 1}, "a": {"b": 2}}')).toMatchObject({ duplicates: [['a']] });
  });

  it('agrees with the language about what is JSON and what it comes to, but for trailing commas', () => {
    const damage = fc.constantFrom(
      '',
      '{',
      '}',
      ',',
      '"',
      '\\',
      ':',
      '1',
      '-',
      '\n',
      'e',
      '.',
      ' ',
      't',
      '/',
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), damage, fc.boolean(), (json, at, put, cut) => {
        const place = at % (json.length + 1);
        const text = json.slice(0, place) + put + json.slice(place + (cut ? 1 : 0));
        const reading = readJson(text);
        expect(reading.kind).toBe(isJson(withoutTrailingCommas(text)) ? 'value' : 'fault');
        if (isJson(text)) expect(reading).toMatchObject({ value: JSON.parse(text) });
      }),
      { numRuns: 2_000 },
    );
  });
});

function withoutTrailingCommas(text: string): string {
  return text.replace(/([^\s[{,]\s*),(\s*[}\]])/g, '$1$2');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
