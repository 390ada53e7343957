import { createHmac, createSecretKey } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Timestamp } from '../../domain/instant.ts';
import { WatcherError } from '../../errors.ts';

/** Signs a message after Standard Webhooks: returns the headers that go with it. */
export type Sign = (id: string, now: Timestamp, body: string) => Record<string, string>;

/**
 * A secret is read as the receiver's Standard Webhooks library reads the same string: base64, perhaps after `whsec_`. A text that is
 * not base64 is taken as it stands (UTF-8): the receiver then has to give it to its library as raw bytes.
 *
 * That library says what is base64. OpenSSL signs in its place, for it hashes in JavaScript.
 * @throws {WatcherError} code `config`, when the secret begins with `whsec_` but is not base64.
 */
export function createSigner(secret: string, channel: string): Sign {
  const key = createSecretKey(keyOf(secret, channel));
  return (id, now, body) => {
    const seconds = Math.floor(now / 1_000);
    const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
  };
}

const PREFIX = 'whsec_';

function keyOf(secret: string, channel: string): Buffer {
  if (isBase64Key(secret)) return Buffer.from(secret.replace(PREFIX, ''), 'base64');
  if (!secret.startsWith(PREFIX)) return Buffer.from(secret);
  throw new WatcherError('config', `channel ${channel}: the secret begins with ${PREFIX} but is not base64`);
}

function isBase64Key(secret: string): boolean {
  try {
    new Webhook(secret);
    return true;
  } catch {
    return false;
  }
}
