import { describe, expect, it } from 'vitest';
import { roleOf } from '../../src/http/access.ts';

describe('what a request may do by its token', () => {
  const PHRASE = 'correct horse battery staple';

  it.each([
    ['the token', 'Bearer t0ken', 't0ken', 'actor'],
    ['another scheme in its letters, and blanks around', 'bearer   t0ken  ', 't0ken', 'actor'],
    ['a token of several words', `Bearer ${PHRASE}`, PHRASE, 'actor'],
    ['the first word of one', 'Bearer correct', PHRASE, null],
    ['no token', 'Bearer ', 't0ken', null],
    ['another login', 'Basic t0ken', 't0ken', null],
    ['nothing', undefined, 't0ken', null],
  ] as const)('is told by %s', (_, authorization, token, role) => {
    expect(roleOf(authorization, { token, viewToken: null })).toBe(role);
    expect(roleOf(authorization, { token: 'other', viewToken: token })).toBe(role && 'viewer');
  });
});
