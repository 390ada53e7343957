import { generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { dirname } from 'node:path';
import {
  parsePrivateKey,
  privateKeyPem,
  rawPublicKey,
  type SigningKey,
  signingKey,
} from '../../domain/evidence/signed-note.ts';
import { StoreError } from '../../errors.ts';
import { makeDirectory } from '../../make-directory.ts';
import { isMissingFile, openRegular } from '../line-file.ts';

/** Which key signs how the log stands. */
export interface LogKeyOptions {
  file: string;
  /** Somebody has named the file: then it must be there. Otherwise it is made when it is missing. */
  isGiven: boolean;
  /** The name of the log; `null`: it is named after its key. */
  origin: string | null;
}

/**
 * Reads the key that signs checkpoints, or makes it: Ed25519 as PKCS#8 in PEM, for its owner alone.
 * @returns the key, and whether it was made just now.
 * @throws {StoreError} reason `unavailable` when the file cannot be used.
 */
export async function loadLogKey(options: LogKeyOptions): Promise<{ key: SigningKey; isNew: boolean }> {
  const { file, isGiven, origin } = options;
  const found = await readKey(file);
  if (found === null && isGiven)
    throw unusable(file, 'there is no such file', 'Make it with "openssl genpkey -algorithm ed25519".');
  const privateKey = found ?? (await makeKey(file));
  return { key: signingKey(origin ?? nameOf(privateKey), privateKey), isNew: found === null };
}

async function readKey(file: string): Promise<KeyObject | null> {
  let pem: string;
  try {
    const handle = await openRegular(file, 'r');
    pem = await handle.readFile('utf8').finally(() => handle.close());
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw unusable(file, 'it cannot be read', 'Check that the user of the watcher may read it.', error);
  }
  const key = parsePrivateKey(pem);
  if (key === null)
    throw unusable(
      file,
      'it holds no Ed25519 key in PEM',
      'Restore it from a backup, or move it away: then a new key is made, and its name told in the audit log.',
    );
  return key;
}

async function makeKey(file: string): Promise<KeyObject> {
  const key = generateKeyPairSync('ed25519').privateKey;
  try {
    makeDirectory(dirname(file));
    const handle = await openRegular(file, 'wx');
    try {
      await handle.writeFile(privateKeyPem(key));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unusable(file, 'it cannot be written', 'Check its directory, or name another file.', error);
  }
  return key;
}

function nameOf(privateKey: KeyObject): string {
  return `restore-watcher/${hash('sha256', rawPublicKey(privateKey), 'hex').slice(0, 16)}`;
}

function unusable(file: string, why: string, hint: string, cause?: unknown): StoreError {
  return new StoreError('unavailable', `${file}: the key of the audit log cannot be used: ${why}`, {
    hint: `${hint} (\`audit.keyFile\`)`,
    cause,
  });
}
