import { nodeHash, type TreeHash, type TreeHead } from './audit-tree.ts';

/** A run of neighbouring leaves, of which a proof wants the root. */
export interface LeafRange {
  /** The first leaf, from 0. */
  from: number;
  /** Behind the last one. */
  to: number;
}

/**
 * Says of which runs of leaves an inclusion proof holds the roots, in its order (RFC 6962, section 2.1.1, PATH): the neighbour of the
 * leaf first.
 * @param index of the leaf, from 0.
 * @param size of the tree.
 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.toReversed();
}

/**
 * Says of which runs of leaves a consistency proof holds the roots, in its order (RFC 6962, section 2.1.2, PROOF): that the tree of
 * `size` leaves begins with the one of `oldSize`.
 */
export function consistencyRanges(oldSize: number, size: number): LeafRange[] {
  if (oldSize === 0 || oldSize === size) return [];
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to !== oldSize) {
    const middle = from + split(to - from);
    if (oldSize <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  // The old tree itself is known to whoever checks.
  if (from > 0) ranges.push({ from, to });
  return ranges.toReversed();
}

/** Says whether the proof shows that this leaf is the one at `index` (from 0) of the tree. */
export function provesInclusion(
  leaf: TreeHash,
  index: number,
  proof: readonly TreeHash[],
  { size, root }: TreeHead,
): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size) return false;
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== proof.length) return false;
  const reached = ranges.reduce(
    (own, range, at) => join(own, proof[at] as TreeHash, range.from > index),
    leaf,
  );
  return reached.equals(root);
}

/** Says whether the proof shows that the tree begins with all leaves of the older one. */
export function provesConsistency(
  old: TreeHead,
  proof: readonly TreeHash[],
  { size, root }: TreeHead,
): boolean {
  if (!isIndex(old.size) || !isIndex(size) || old.size > size) return false;
  const ranges = consistencyRanges(old.size, size);
  if (ranges.length !== proof.length) return false;
  if (old.size === 0) return true;
  if (old.size === size) return old.root.equals(root);
  return joinConsistency(old, ranges, proof)?.equals(root) ?? false;
}

/** Builds both trees out of the proof. @returns the newer root, or `null` when the older one does not come out. */
function joinConsistency(
  old: TreeHead,
  ranges: readonly LeafRange[],
  proof: readonly TreeHash[],
): TreeHash | null {
  const isOwn = ranges.every(({ from }) => from >= old.size);
  let oldRoot = isOwn ? old.root : (proof[0] as TreeHash);
  let newRoot = oldRoot;
  for (let at = isOwn ? 0 : 1; at < ranges.length; at += 1) {
    const isRight = (ranges[at] as LeafRange).from >= old.size;
    newRoot = join(newRoot, proof[at] as TreeHash, isRight);
    if (!isRight) oldRoot = join(oldRoot, proof[at] as TreeHash, false);
  }
  return oldRoot.equals(old.root) ? newRoot : null;
}

function join(own: TreeHash, other: TreeHash, isRight: boolean): TreeHash {
  return isRight ? nodeHash(own, other) : nodeHash(other, own);
}

function isIndex(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

/** The largest power of two that is smaller than `length`. */
function split(length: number): number {
  let half = 1;
  while (half * 2 < length) half *= 2;
  return half;
}
