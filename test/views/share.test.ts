import { expect, it } from 'vitest';
import { shareWords } from '../../src/views/share.ts';

it.each([
  [1, '100.000 %'],
  [0.999_999_9, '99.999 %'],
  [0.625, '62.500 %'],
  [0, '0.000 %'],
])('says of a share of %d %s, and never more than it is', (share, words) => {
  expect(shareWords(share)).toBe(words);
});
