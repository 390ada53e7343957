import { describe, expect, it } from 'vitest';
import { headersOf } from '../../../src/net/headers/reply-headers.ts';

describe('the headers of an answer', () => {
  const headers = headersOf({
    headersDistinct: {
      'content-type': ['application/json'],
      'www-authenticate': ['Basic realm="a"', 'Digest realm="b"'],
    },
  });

  it('are had by name', () => {
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.has('content-type')).toBe(true);
  });

  it('are one text where they came several times', () => {
    expect(headers.get('www-authenticate')).toBe('Basic realm="a", Digest realm="b"');
  });

  it.each(['date', 'constructor', '__proto__'])('are null where they did not come: %s', (name) => {
    expect(headers.get(name)).toBeNull();
    expect(headers.has(name)).toBe(false);
  });
});
