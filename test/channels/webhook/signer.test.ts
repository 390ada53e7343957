import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { createSigner } from '../../../src/channels/webhook/signer.ts';
import { T0 } from '../../support/builders.ts';

/** As a receiver would read the secret. */
function libraryOf(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch {
    return new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
  }
}

it('signs as the Standard Webhooks library does, whatever the secret, the id and the body', () => {
  const base64 = fc
    .uint8Array({ minLength: 1, maxLength: 70 })
    .map((key) => Buffer.from(key).toString('base64'));
  const secret = fc.oneof(
    base64,
    base64.map((key) => `whsec_${key}`),
    // Nearly base64: what is cut or mixed up is taken as it stands.
    base64.map((key) => key.slice(1)).filter((key) => key !== ''),
    fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.startsWith('whsec_')),
  );
  fc.assert(
    fc.property(secret, fc.string(), fc.string({ unit: 'grapheme' }), (key, id, body) => {
      expect(createSigner(key, 'siem')(id, T0 + 999, body)).toEqual({
        'webhook-id': id,
        'webhook-timestamp': String(T0 / 1_000),
        'webhook-signature': libraryOf(key).sign(id, new Date(T0 + 999), body),
      });
    }),
  );
});
