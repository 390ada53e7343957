import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/net/redact/redactor.ts';
import {
  passwordsOf,
  secretsOfAddress,
  secretsOfHeader,
  secretsOfSigningKey,
  tokensOfAddress,
} from '../../../src/net/redact/secret-parts.ts';

describe('the parts of a secret', () => {
  it.each([
    [
      'the path of an address',
      secretsOfAddress('https://hooks.example.com/services/T000SECRET/B0'),
      'T000SECRET',
    ],
    [
      'the value of its query',
      secretsOfAddress('https://hooks.example.com/x?token=topsecret1'),
      'topsecret1',
    ],
    [
      'the token of an address that everybody has',
      tokensOfAddress('https://h.example.com/x/topsecret1'),
      'topsecret1',
    ],
    ['its password', passwordsOf('smtps://user:topsecret1@mail.example.com'), 'topsecret1'],
    ['its password, decoded', passwordsOf('smtps://user:top%20secret1@mail.example.com'), 'top secret1'],
    ['the token of a header', secretsOfHeader('Bearer topsecret1'), 'topsecret1'],
    ['base64 without its prefix', secretsOfSigningKey('whsec_dG9wc2VjcmV0MQ=='), 'dG9wc2VjcmV0MQ=='],
  ])('hold %s', (_what, secrets, part) => {
    expect(createRedactor(secrets).redact(`say ${part}!`)).toBe('say [redacted]!');
  });

  it('leave words alone that stand in addresses for all to see', () => {
    const address =
      'https://prod-1.example.com/workflows/triggers/v1.0/invoke?api-version=2016-06-01&kind=webhooks';
    const { redact } = createRedactor(secretsOfAddress(address));
    const text = 'v1.0 triggers webhooks and workflows since 2016-06-01';

    expect(redact(text)).toBe(text);
    expect(redact(`POST ${address}`)).not.toContain('workflows');
  });
});
