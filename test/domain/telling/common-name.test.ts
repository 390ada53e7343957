import { describe, expect, it } from 'vitest';
import { commonName } from '../../../src/domain/telling/common-name.ts';

describe('a name that fits globs of all lists', () => {
  it.each<[string | null, string[][]]>([
    ['orders', [['orders']]],
    ['prod-', [['prod-*']]],
    ['prod-copy', [['prod-*'], ['*-copy']]],
    ['b', [['a', 'b'], ['b', 'c'], ['*']]],
    ['abc', [['*b*'], ['a*'], ['*c']]],
    ['sample', [['*'], ['*']]],
    [null, [['prod-*'], ['stage-*']]],
    [null, [['a'], []]],
  ])('is %j for %j', (name, lists) => {
    expect(commonName(lists)).toBe(name);
  });

  it('is given up on where too many globs are entangled, and ends', () => {
    const entangled = Array.from({ length: 12 }, (_, index) => [`*${String.fromCharCode(97 + index)}*`]);
    expect(commonName(entangled)).toBeNull();
  });
});
