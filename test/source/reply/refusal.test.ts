import { describe, expect, it } from 'vitest';
import { type Refusal, refusalIn } from '../../../src/source/reply/refusal.ts';

const DIGEST = 'Digest realm="MMS Public API", nonce="n", qop="auth", algorithm=MD5';

describe('a refusal', () => {
  it.each<[number, string | null, string | null, Refusal | null]>([
    [401, null, null, 'login'],
    [401, null, 'UNEXPECTED_ERROR', 'login'],
    [401, null, 'UNAUTHORIZED', 'login'],
    [401, null, 'NO_CURRENT_USER', 'login'],
    [401, null, 'USER_UNAUTHORIZED', 'role'],
    [401, null, 'USER_CANNOT_ACCESS_GROUP', 'role'],
    [401, null, 'USER_CANNOT_ACCESS_ORG', 'role'],
    [401, null, 'NOT_IN_GROUP', 'role'],
    [401, null, 'NOT_ORG_OWNER', 'role'],
    [401, null, 'NOT_GROUP_USER_ADMIN', 'role'],
    [401, null, 'NEVER_HEARD_OF', 'role'],
    [401, '', 'USER_UNAUTHORIZED', 'role'],
    [401, DIGEST, null, 'login'],
    [401, DIGEST, 'UNEXPECTED_ERROR', 'login'],
    [401, DIGEST, 'NEVER_HEARD_OF', 'login'],
    [401, DIGEST, 'USER_UNAUTHORIZED', 'either'],
    [401, 'Basic realm="proxy"', 'NOT_IN_GROUP', 'either'],
    [401, 'Negotiate', null, 'login'],
    [401, 'Bearer', 'NOT_IN_GROUP', 'either'],
    [401, 'Bearer error="invalid_token"', null, 'login'],
    [
      401,
      'Bearer realm="a", error="invalid_token", error_description="expired"',
      'USER_UNAUTHORIZED',
      'login',
    ],
    [401, 'Bearer error="insufficient_scope"', null, 'role'],
    [403, null, 'USER_UNAUTHORIZED', 'role'],
    [403, DIGEST, 'NOT_IN_GROUP', 'role'],
    [403, null, 'IP_ADDRESS_NOT_ON_ACCESS_LIST', null],
    [403, null, 'ACCESS_FORBIDDEN', null],
    [403, null, null, null],
    [407, DIGEST, null, null],
    [404, DIGEST, 'USER_UNAUTHORIZED', null],
    [200, DIGEST, 'USER_UNAUTHORIZED', null],
  ])('%i with the challenge %s and the code %s is about: %s', (status, challenge, code, expected) => {
    const headers = new Headers(challenge === null ? {} : { 'WWW-Authenticate': challenge });
    const text = JSON.stringify({ errorCode: code ?? undefined });
    expect(refusalIn({ status, headers, text })).toBe(expected);
    if (code !== null) headers.set('X-Error-Code', code);
    expect(refusalIn({ status, headers, text: '' })).toBe(expected);
  });
});
