import { expect } from 'vitest';
import { documented } from '../atlas-client.ts';

/**
 * Expects a body to have just the fields of a documented case, with values of the same types, and the very values of flags, words in
 * capitals and of the fields that `exactly` names. `but` names fields that the case lacks although real replies have them.
 */
export function expectShapeOf(
  shown: Record<string, unknown>,
  file: string,
  name: string,
  { exactly = [], but = [] }: { exactly?: readonly string[]; but?: readonly string[] } = {},
): void {
  const { body } = documented(file, name);
  expect(Object.keys(shown).sort(), name).toEqual([...new Set([...Object.keys(body), ...but])].sort());
  for (const [field, value] of Object.entries(body)) {
    const isWord = typeof value === 'string' && /^[A-Z_]+$/.test(value);
    if (typeof value === 'boolean' || isWord || exactly.includes(field)) {
      expect(shown[field], field).toEqual(value);
    } else if (Array.isArray(value) && field !== 'links') {
      expect(shown[field], field).toHaveLength(value.length);
    } else {
      expect(typeof shown[field], field).toBe(typeof value);
    }
  }
}
