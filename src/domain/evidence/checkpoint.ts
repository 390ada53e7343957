import { parseHash, type TreeHash, type TreeHead } from './audit-tree.ts';
import {
  isKeyName,
  parseNote,
  type SignedNote,
  type SigningKey,
  signNote,
  type VerifierKey,
  verifyNote,
} from './signed-note.ts';

/** A signed statement: the log of this name has so many entries, and this is the root over them (C2SP tlog-checkpoint). */
export interface Checkpoint extends TreeHead {
  origin: string;
  /** The note that says so, with its signatures. */
  note: SignedNote;
}

const SIZE = /^(0|[1-9][0-9]*)$/;

/** Signs how a log stands. The name of the key is the name of the log. */
export function makeCheckpoint({ size, root }: TreeHead, key: SigningKey): string {
  return signNote(`${key.verifier.name}\n${size}\n${root.toString('base64')}\n`, key);
}

/** Reads a checkpoint, and looks at no signature. @returns `null` for what is none. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const note = parseNote(text);
  if (note === null) return null;
  // Lines behind the third are extensions.
  const [origin = '', sizeText = '', rootText = ''] = note.text.split('\n');
  const size = Number(sizeText);
  const root: TreeHash | null = parseHash(rootText);
  if (!isKeyName(origin) || !SIZE.test(sizeText) || !Number.isSafeInteger(size) || root === null) return null;
  return { origin, size, root, note };
}

/** Says what is wrong with who has signed a checkpoint; `null`: it is signed by this key, and of the log of that name. */
export function checkpointFault({ origin, note }: Checkpoint, key: VerifierKey): string | null {
  if (origin !== key.name) return `it is of the log ${origin}, not of ${key.name}`;
  const verdict = verifyNote(note, key);
  if (verdict === 'signed') return null;
  return verdict === 'wrong'
    ? 'its signature does not fit its text'
    : 'it is not signed by the key of this log';
}
