import { expect, it } from 'vitest';
import { pageAddress, parsePageQuery } from '../../../src/views/page/query.ts';

const parse = (search: string) => parsePageQuery(new URLSearchParams(search));

it.each(['/', '/?range=7d', '/?watch=orders', '/?range=30d&watch=a%26b&event=failed'])(
  'reads what it has written: %s',
  (address) => {
    expect(pageAddress(parse(address.slice(1)))).toBe(address);
  },
);

it.each([
  ['range=1y&watch=&event=exploded', { range: '24h', watch: null, event: null }],
  ['range=toString', { range: '24h', watch: null, event: null }],
])('shows a page for what it does not understand: %s', (search, query) => {
  expect(parse(search)).toEqual(query);
});
