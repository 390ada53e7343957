import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { isRecord } from '../../../domain/json-object.ts';
import type { StoredToken } from './token-vault.ts';

const CIPHER = 'aes-256-gcm';
const PURPOSE = 'restore-watcher access token';
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a token with AES-256-GCM under a key derived (HKDF-SHA256, a new salt each time; client secrets are random, so nothing slower is
 * needed) from `secret`, and binds it to its name. Salt, initialisation vector, tag and text, one after the other.
 */
export function sealToken(token: StoredToken, name: string, secret: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(secret, salt), iv).setAAD(Buffer.from(name));
  const data = Buffer.concat([cipher.update(JSON.stringify(token), 'utf8'), cipher.final()]);
  return Buffer.concat([salt, iv, cipher.getAuthTag(), data]);
}

/** `null` unless it is what `sealToken` made of the same name and secret. */
export function openToken(sealed: Buffer, name: string, secret: string): StoredToken | null {
  try {
    return readToken(decrypt(sealed, name, secret));
  } catch {
    return null;
  }
}

function decrypt(sealed: Buffer, name: string, secret: string): string {
  const [saltEnd, ivEnd] = [SALT_BYTES, SALT_BYTES + IV_BYTES];
  const tagEnd = ivEnd + TAG_BYTES;
  const key = keyOf(secret, sealed.subarray(0, saltEnd));
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(saltEnd, ivEnd), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(ivEnd, tagEnd));
  return Buffer.concat([decipher.update(sealed.subarray(tagEnd)), decipher.final()]).toString('utf8');
}

function keyOf(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, PURPOSE, 32));
}

function readToken(text: string): StoredToken | null {
  const fields: unknown = JSON.parse(text);
  if (!isRecord(fields)) return null;
  const { accessToken, obtainedAt, expiresAt, isAccepted } = fields;
  // What earlier versions did not keep.
  const { isSuccessor = false, isRoleRefused = false, madeAt = [obtainedAt] } = fields;
  return typeof accessToken === 'string' &&
    typeof obtainedAt === 'number' &&
    typeof expiresAt === 'number' &&
    typeof isAccepted === 'boolean' &&
    typeof isSuccessor === 'boolean' &&
    typeof isRoleRefused === 'boolean' &&
    Array.isArray(madeAt) &&
    madeAt.every((at) => typeof at === 'number')
    ? { accessToken, obtainedAt, expiresAt, isAccepted, isSuccessor, isRoleRefused, madeAt }
    : null;
}
