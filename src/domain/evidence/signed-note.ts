import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/** A key by which others check signatures: `NAME+hex(key id)+base64(type, public key)` as text (C2SP signed-note). */
export interface VerifierKey {
  name: string;
  /** First 4 bytes of SHA-256 over the name, a newline, the type and the public key; as hex. */
  id: string;
  /** Ed25519, 32 bytes. */
  publicKey: Buffer;
}

/** A key that signs, under its name. */
export interface SigningKey {
  verifier: VerifierKey;
  privateKey: KeyObject;
}

/** A text and the lines that sign it. */
export interface SignedNote {
  /** With its last newline: just what is signed. */
  text: string;
  signatures: NoteSignature[];
}

/** One line that signs a note. */
export interface NoteSignature {
  name: string;
  id: string;
  /** As the type of the key has it; for Ed25519, 64 bytes. */
  signature: Buffer;
}

/** What a note says about one key: `unsigned` when no line of it is by that key, `wrong` when one is and does not fit the text. */
export type NoteVerdict = 'signed' | 'unsigned' | 'wrong';

/** Type of the keys that sign a text as it stands. */
const ED25519 = 0x01;
const ID_BYTES = 4;
const KEY_BYTES = 32;

/** What stands before the raw 32 bytes of an Ed25519 public key in the form that node:crypto reads (SPKI, RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const NAME = /^[^\s+]+$/u;
const SIGNATURE_LINE = /^— ([^\s+]+) (\S+)$/u;
const CONTROL = /[\p{Cc}]/u;
/** The specification asks for at least 16. */
const MOST_SIGNATURES = 64;

/** Makes the key of a new log. */
export function generatePrivateKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** Reads a private key in PEM. @returns `null` when it is none, or none of the kind that signs notes. */
export function parsePrivateKey(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** Writes a private key in PEM, as PKCS#8. */
export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Gives a private key the name under which it signs. @throws for a name that cannot stand in a note. */
export function signingKey(name: string, privateKey: KeyObject): SigningKey {
  if (!isKeyName(name)) throw new Error(`"${name}" cannot be the name of a key: no space, no "+", not empty`);
  return { verifier: verifierKey(name, rawPublicKey(privateKey)), privateKey };
}

/** The 32 bytes of the public half. */
export function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
}

/** Says whether this can be the name of a key: not empty, no space in it, no plus sign. */
export function isKeyName(name: string): boolean {
  return NAME.test(name) && !CONTROL.test(name) && name.isWellFormed();
}

function verifierKey(name: string, publicKey: Buffer): VerifierKey {
  const typed = Buffer.concat([Buffer.of(ED25519), publicKey]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 2 * ID_BYTES);
  return { name, id, publicKey };
}

/** Writes a verifier key as text. */
export function verifierKeyText({ name, id, publicKey }: VerifierKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.of(ED25519), publicKey]).toString('base64')}`;
}

/**
 * Reads a verifier key. Base64 has plus signs as well: the text is split from the left, at most twice.
 * @returns `null` when it is none, its id is not that of its bytes, or it is of another type.
 */
export function parseVerifierKey(text: string): VerifierKey | null {
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(text.trim()) ?? [];
  const typed = exactBase64(encoded);
  if (typed?.length !== 1 + KEY_BYTES || typed[0] !== ED25519 || !isKeyName(name)) return null;
  const key = verifierKey(name, typed.subarray(1));
  return key.id === id ? key : null;
}

/** Signs a text, which must end with a newline and hold no other control character. */
export function signNote(text: string, { verifier, privateKey }: SigningKey): string {
  if (!isNoteText(text))
    throw new Error('A note is text without control characters that ends with a newline');
  const signature = sign(null, Buffer.from(text), privateKey);
  const encoded = Buffer.concat([Buffer.from(verifier.id, 'hex'), signature]).toString('base64');
  return `${text}\n— ${verifier.name} ${encoded}\n`;
}

/** Takes a note apart, and looks at no signature. @returns `null` for what is no note. */
export function parseNote(note: string): SignedNote | null {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, end + 1);
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map(parseSignature);
  const isNote =
    isNoteText(text) &&
    signatures.length <= MOST_SIGNATURES &&
    signatures.every((signature) => signature !== null);
  return isNote ? { text, signatures } : null;
}

/** Says whether a note is signed by this key. Lines by other keys are ignored. */
export function verifyNote(
  { text, signatures }: SignedNote,
  { name, id, publicKey }: VerifierKey,
): NoteVerdict {
  const own = signatures.filter((signature) => signature.name === name && signature.id === id);
  if (own.length === 0) return 'unsigned';
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, publicKey]),
    format: 'der',
    type: 'spki',
  });
  const bytes = Buffer.from(text);
  return own.every(({ signature }) => verify(null, bytes, key, signature)) ? 'signed' : 'wrong';
}

function parseSignature(line: string): NoteSignature | null {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = exactBase64(encoded);
  if (bytes === null || bytes.length <= ID_BYTES) return null;
  return { name, id: bytes.toString('hex', 0, ID_BYTES), signature: bytes.subarray(ID_BYTES) };
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && text.isWellFormed() && !CONTROL.test(text.replaceAll('\n', ''));
}

/** The bytes of a base64 text, when it is the very one that they have. */
function exactBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
