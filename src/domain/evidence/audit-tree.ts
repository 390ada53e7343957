import { hash } from 'node:crypto';

/** A hash of the tree: 32 bytes of SHA-256. */
export type TreeHash = Buffer;

/**
 * What a Merkle tree needs to grow (RFC 6962, section 2.1): how many leaves it has, and the roots of the complete subtrees that it is
 * made of, the largest first. There is one for each bit that is set in `size`.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly TreeHash[];
}

/** A tree without leaves. */
export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] };

/** A number of leaves, and the root over just those. */
export interface TreeHead {
  size: number;
  root: TreeHash;
}

const LEAF = Buffer.of(0x00);
const HASH_BYTES = 32;

/** Hashes a leaf: a line of the audit log, byte for byte, without its newline. */
export function leafHash(line: string | Buffer): TreeHash {
  const bytes = typeof line === 'string' ? Buffer.from(line) : line;
  return sha256(Buffer.concat([LEAF, bytes]));
}

/** Hashes two neighbouring subtrees to the one that holds both. */
export function nodeHash(left: TreeHash, right: TreeHash): TreeHash {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  bytes[0] = 0x01;
  left.copy(bytes, 1);
  right.copy(bytes, 1 + HASH_BYTES);
  return sha256(bytes);
}

/** Adds leaves, by their hashes, to the right of a tree. What is handed in stays as it was. */
export function growFrontier({ size, hashes }: Frontier, leaves: Iterable<TreeHash>): Frontier {
  const subtrees = [...hashes];
  let count = size;
  for (const leaf of leaves) {
    let subtree = leaf;
    // Each set bit, from the lowest, is a subtree of the same size as the one in hand.
    for (let rest = count; rest % 2 === 1; rest = Math.floor(rest / 2))
      subtree = nodeHash(subtrees.pop() as TreeHash, subtree);
    subtrees.push(subtree);
    count += 1;
  }
  return { size: count, hashes: subtrees };
}

/** Computes the root over all leaves. The root of no leaves is the hash of nothing. */
export function rootOf({ hashes }: Frontier): TreeHash {
  const [first, ...others] = hashes.toReversed();
  if (first === undefined) return sha256(Buffer.alloc(0));
  return others.reduce((right, left) => nodeHash(left, right), first);
}

/** Writes the subtrees of a frontier as text, in base64, with a space between two. */
export function frontierText({ hashes }: Frontier): string {
  return hashes.map((subtree) => subtree.toString('base64')).join(' ');
}

/** Reads the text of a frontier over that many leaves. @returns `null` when it cannot be one. */
export function parseFrontier(size: number, text: string): Frontier | null {
  if (!Number.isSafeInteger(size) || size < 0) return null;
  const hashes = text === '' ? [] : text.split(' ').map(parseHash);
  return hashes.length === bitsSet(size) && hashes.every((subtree) => subtree !== null)
    ? { size, hashes }
    : null;
}

/** Reads a hash from its base64. @returns `null` when it is not just that. */
export function parseHash(text: string): TreeHash | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === HASH_BYTES && bytes.toString('base64') === text ? bytes : null;
}

function bitsSet(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

function sha256(bytes: Buffer): TreeHash {
  return Buffer.from(hash('sha256', bytes, 'hex'), 'hex');
}
