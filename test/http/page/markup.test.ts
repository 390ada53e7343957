import { expect, it } from 'vitest';
import { clock } from '../../../src/http/page/markup.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');

it.each([
  ['2026-11-30T08:05:00Z', '08:05'],
  ['2026-11-28T08:05:00Z', '28 Nov 08:05'],
  ['2025-11-28T08:05:00Z', '28 Nov 2025 08:05'],
])('says of %s as much as tells it from today: %s', (iso, words) => {
  expect(String(clock(Date.parse(iso), NOW)).replaceAll(/<[^>]+>/g, '')).toBe(words);
});
