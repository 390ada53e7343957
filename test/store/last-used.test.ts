import { expect, it } from 'vitest';
import { LastUsed } from '../../src/store/last-used.ts';

it('lets go of what was not used for longest when there are too many, and of nothing else', () => {
  const kept = new LastUsed<{ name: string }>(3);
  for (const name of ['a', 'b', 'c']) kept.set(name, { name });
  expect(kept.get('a')).toEqual({ name: 'a' });
  kept.set('d', { name: 'd' });
  expect(['a', 'b', 'c', 'd'].filter((name) => kept.get(name) !== undefined)).toEqual(['a', 'c', 'd']);
  kept.set('a', { name: 'another' });
  expect(kept.get('c')).toEqual({ name: 'c' });
  expect(kept.get('a')).toEqual({ name: 'another' });
});
