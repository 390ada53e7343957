import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

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
/** Type of the keys by which witnesses cosign, with the time (C2SP tlog-cosignature). */
const COSIGNER = 0x04;
type KeyType = typeof ED25519 | typeof COSIGNER;
const ID_BYTES = 4;
const KEY_BYTES = 32;

/** What stands before the raw 32 bytes of an Ed25519 public key in the form that node:crypto reads (SPKI, RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const NAME = /^[^\s+]+$/u;
const SIGNATURE_LINE = /^— ([^\s+]+) (\S+)$/u;
const CONTROL = /[\p{Cc}]/u;
/** The specification asks for at least 16. */
const MOST_SIGNATURES = 64;

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

/** The same for a witness, which signs nothing else by it. @throws as `signingKey`. */
export function witnessSigningKey(name: string, privateKey: KeyObject): SigningKey {
  const { verifier } = signingKey(name, privateKey);
  return { verifier: verifierKey(name, verifier.publicKey, COSIGNER), privateKey };
}

/** The 32 bytes of the public half. */
export function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
}

/** Says whether this can be the name of a key: not empty, no space in it, no plus sign. */
export function isKeyName(name: string): boolean {
  return NAME.test(name) && !CONTROL.test(name) && name.isWellFormed();
}

function verifierKey(name: string, publicKey: Buffer, type: KeyType = ED25519): VerifierKey {
  const typed = Buffer.concat([Buffer.of(type), publicKey]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 2 * ID_BYTES);
  return { name, id, publicKey };
}

/** Writes a verifier key as text. */
export function verifierKeyText(key: VerifierKey): string {
  return keyText(key, ED25519);
}

/** The same of a witness. */
export function witnessKeyText(key: VerifierKey): string {
  return keyText(key, COSIGNER);
}

function keyText({ name, id, publicKey }: VerifierKey, type: KeyType): string {
  return `${name}+${id}+${Buffer.concat([Buffer.of(type), publicKey]).toString('base64')}`;
}

/**
 * Reads a verifier key. Base64 has plus signs as well: the text is split from the left, at most twice.
 * @returns `null` when it is none, its id is not that of its bytes, or it is of another type.
 */
export function parseVerifierKey(text: string): VerifierKey | null {
  return parseKey(text, ED25519);
}

/** The same of a witness. */
export function parseWitnessKey(text: string): VerifierKey | null {
  return parseKey(text, COSIGNER);
}

function parseKey(text: string, type: KeyType): VerifierKey | null {
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(text.trim()) ?? [];
  const typed = exactBase64(encoded);
  if (typed?.length !== 1 + KEY_BYTES || typed[0] !== type || !isKeyName(name)) return null;
  const key = verifierKey(name, typed.subarray(1), type);
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
  const key = publicKeyOf(publicKey);
  const bytes = Buffer.from(text);
  return own.every(({ signature }) => verify(null, bytes, key, signature)) ? 'signed' : 'wrong';
}

/**
 * Cosigns the text of a checkpoint at a time, in seconds since 1970: its signer has seen the log grow up to there, and nothing else
 * since.
 * @returns a line that signs, with its newline.
 */
export function cosign(text: string, { verifier, privateKey }: SigningKey, seconds: number): string {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const signature = sign(null, cosignedBytes(text, BigInt(seconds)), privateKey);
  const encoded = Buffer.concat([Buffer.from(verifier.id, 'hex'), time, signature]).toString('base64');
  return `— ${verifier.name} ${encoded}\n`;
}

/** Says when a witness has cosigned a note, in seconds since 1970. `null`: it has not; `wrong`: a line by it does not fit the text. */
export function cosignedAt(
  { text, signatures }: SignedNote,
  { name, id, publicKey }: VerifierKey,
): number | 'wrong' | null {
  const own = signatures.filter((signature) => signature.name === name && signature.id === id);
  const times = own.map(({ signature }) => {
    if (signature.length !== 72) return null;
    const seconds = signature.readBigUInt64BE();
    const isRight = verify(null, cosignedBytes(text, seconds), publicKeyOf(publicKey), signature.subarray(8));
    return isRight ? Number(seconds) : null;
  });
  if (times.includes(null)) return 'wrong';
  return times.reduce((latest: number | null, time) => Math.max(latest ?? 0, time ?? 0), null);
}

function cosignedBytes(text: string, seconds: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
}

function publicKeyOf(publicKey: Buffer): KeyObject {
  const key = Buffer.concat([SPKI_PREFIX, publicKey]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
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
