import { EMPTY_FRONTIER, type Frontier, nodeHash, rootOf, type TreeHash } from './audit-tree.ts';
import type { LeafRange } from './tree-proof.ts';

interface Subtree extends LeafRange {
  hash: TreeHash;
}

/**
 * Grows a tree and keeps, on the way, the roots of the runs of leaves that proofs ask for. Each leaf is taken once, however many proofs
 * are made. A tree whose first leaves are gone begins with the frontier over them.
 */
export class RangeRoots {
  /** Complete subtrees that some range is made of, by their place; `null`: it has not grown yet. */
  readonly #wanted = new Map<string, TreeHash | null>();
  readonly #subtrees: Subtree[] = [];
  #size: number;

  /** @param ranges as `inclusionRanges` and `consistencyRanges` give them. */
  constructor(ranges: readonly LeafRange[], start: Frontier = EMPTY_FRONTIER) {
    for (const range of ranges.flatMap(completeSubtrees)) this.#wanted.set(placeOf(range), null);
    this.#size = start.size;
    for (const [index, place] of completeSubtrees({ from: 0, to: start.size }).entries())
      this.#push({ ...place, hash: start.hashes[index] as TreeHash });
  }

  /** The tree over the leaves so far. */
  get frontier(): Frontier {
    return { size: this.#size, hashes: this.#subtrees.map(({ hash }) => hash) };
  }

  /** Takes the hash of the next leaf. */
  take(leaf: TreeHash): void {
    let subtree: Subtree = { from: this.#size, to: this.#size + 1, hash: leaf };
    this.#size += 1;
    for (let left = this.#subtrees.at(-1); left && isAsLong(left, subtree); left = this.#subtrees.at(-1)) {
      this.#note(subtree);
      this.#subtrees.pop();
      subtree = { from: left.from, to: subtree.to, hash: nodeHash(left.hash, subtree.hash) };
    }
    this.#push(subtree);
  }

  /** The roots of these ranges, in their order. @returns `null` when one of them is not whole yet, or lies in what is gone. */
  rootsOf(ranges: readonly LeafRange[]): TreeHash[] | null {
    const roots = ranges.map((range) => {
      const hashes = completeSubtrees(range).map((subtree) => this.#wanted.get(placeOf(subtree)) ?? null);
      return hashes.every((hash) => hash !== null) ? rootOf({ size: range.to - range.from, hashes }) : null;
    });
    return roots.every((root) => root !== null) ? roots : null;
  }

  #push(subtree: Subtree): void {
    this.#note(subtree);
    this.#subtrees.push(subtree);
  }

  #note(subtree: Subtree): void {
    const place = placeOf(subtree);
    if (this.#wanted.has(place)) this.#wanted.set(place, subtree.hash);
  }
}

/** The complete subtrees that a range of a proof is made of, the largest first: one for each bit of its length. */
function completeSubtrees({ from, to }: LeafRange): LeafRange[] {
  const subtrees: LeafRange[] = [];
  let length = 1;
  while (length * 2 <= to - from) length *= 2;
  for (let begin = from; begin < to; length /= 2) {
    if (begin + length > to) continue;
    subtrees.push({ from: begin, to: begin + length });
    begin += length;
  }
  return subtrees;
}

function placeOf({ from, to }: LeafRange): string {
  return `${from}-${to}`;
}

function isAsLong(left: LeafRange, right: LeafRange): boolean {
  return left.to - left.from === right.to - right.from;
}
