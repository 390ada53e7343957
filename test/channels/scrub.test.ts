import { describe, expect, it } from 'vitest';
import { createScrub, secretForms } from '../../src/channels/scrub.ts';

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

  it('has no secret, as it stands or percent-encoded, the longer one first', () => {
    const scrub = createScrub(['pass word', 'pass word and more', '']);

    expect(scrub('<pass word and more> <pass%20word> <pass word>')).toBe('<***> <***> <***>');
  });
});

describe('the forms of a secret', () => {
  it.each([
    ['the path of an address', 'https://hooks.example.com/services/T000SECRET/B0', 'T000SECRET'],
    ['the value of its query', 'https://hooks.example.com/x?token=topsecret1', 'topsecret1'],
    ['its password', 'smtps://user:topsecret1@mail.example.com', 'topsecret1'],
    ['the token of a header', 'Bearer topsecret1', 'topsecret1'],
    ['base64 without its prefix', 'whsec_dG9wc2VjcmV0MQ==', 'dG9wc2VjcmV0MQ=='],
  ])('hold %s', (_what, secret, part) => {
    expect(createScrub(secretForms(secret))(`say ${part}!`)).toBe('say ***!');
    expect(createScrub(secretForms(secret))(`say ${secret}!`)).not.toContain(part);
  });

  it('leave words alone', () => {
    expect(createScrub(secretForms('https://example.com/services/api?v=1'))('api v=1 is gone')).toBe(
      'api v=1 is gone',
    );
  });
});
