import { expect, it } from 'vitest';
import { parseWellFormed, wellFormedJson } from '../../src/domain/well-formed.ts';

it('reads JSON without halves of surrogate pairs, in values and keys, and keeps the rest', () => {
  expect(parseWellFormed('{"a\\ud83d":["disk full \\uD83D","\\ud83d\\ude00",1,null],"b":"\ude00"}')).toEqual({
    'a\ufffd': ['disk full \ufffd', '😀', 1, null],
    b: '\ufffd',
  });
  expect(() => parseWellFormed('{"a":\\ud83d}')).toThrow(SyntaxError);
});

it('writes JSON without escapes of half a pair', () => {
  expect(wellFormedJson({ 'a\ud83d': ['\ude00', '😀'] })).toBe('{"a\ufffd":["\ufffd","😀"]}');
  expect(wellFormedJson({ a: '\\ud83d' })).toBe('{"a":"\\\\ud83d"}');
});
