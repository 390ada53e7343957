import { expect, it } from 'vitest';
import { authorityOf, ownAddressOf } from '../../../src/net/address/own-address.ts';

it.each([
  ['0.0.0.0', '127.0.0.1:8080'],
  ['::', '[::1]:8080'],
  ['10.0.0.7', '10.0.0.7:8080'],
  ['fd00::7', '[fd00::7]:8080'],
  ['localhost', 'localhost:8080'],
])('a daemon that listens on %s is asked at %s', (host, authority) => {
  expect(authorityOf(ownAddressOf(host), 8080)).toBe(authority);
});
