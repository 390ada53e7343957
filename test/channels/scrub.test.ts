import { describe, expect, it } from 'vitest';
import { createScrub } from '../../src/channels/scrub.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';

describe('scrubbed text', () => {
  it('is one line of at most 200 characters', () => {
    const scrub = createScrub([]);

    expect(scrub(' a\r\n\tb\u0000\u2028c ')).toBe('a b c');
    expect(scrub('😀'.repeat(300))).toBe(`${'😀'.repeat(199)}…`);
    expect(scrub('x'.repeat(200))).toBe('x'.repeat(200));
  });

  it('has no links', () => {
    expect(createScrub([])('see https://example.com/a?b=c and smtp://u:p@h, please')).toBe(
      'see [link] and [link] please',
    );
  });

  it('has nothing of a link that a receiver quotes in its middle', () => {
    expect(createScrub([])('see https://h.example.com/a\'tok3n x, https://u:p"ss@host/y')).toBe(
      'see [link] x, [link]',
    );
  });

  it('has no secret, as it stands or percent-encoded, the longer one as a whole', () => {
    const scrub = createScrub(['pass word', 'pass word and more', '']);

    expect(scrub('<pass word and more> <pass%20word> <pass word>')).toBe(
      '<[redacted]> <[redacted]> <[redacted]>',
    );
  });

  it('has no secret of anybody else', () => {
    const others = createRedactor(['topsecret1']);
    const scrub = createScrub(['own-secret'], others);
    others.add(['topsecret2']);

    expect(scrub('own-secret topsecret1 topsecret2')).toBe('[redacted] [redacted] [redacted]');
  });

  it('has no half of a secret where it is cut, however many there are before it', () => {
    const secret = 'a-secret-of-thirty-characters!';
    const scrub = createScrub([secret]);

    for (let length = 0; length < 60; length += 1) {
      for (const before of ['x'.repeat(length), `${secret} `.repeat(length * 10)]) {
        expect(scrub(before + secret + 'y'.repeat(10_000))).not.toMatch(/a-sec|acters!/);
      }
    }
  });
});
