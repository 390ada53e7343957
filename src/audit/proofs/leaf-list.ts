import type { TreeHash } from '../../domain/evidence/audit-tree.ts';

const HASH_BYTES = 32;

/** Keeps the hashes of very many leaves in one piece of memory: 32 bytes each. */
export class LeafList {
  #bytes = Buffer.alloc(HASH_BYTES * 1_024);
  #length = 0;

  /** Adds one behind the others. */
  push(leaf: TreeHash): void {
    const at = HASH_BYTES * this.#length;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], 2 * at);
    leaf.copy(this.#bytes, at);
    this.#length += 1;
  }

  /** All of them, in their order; good until the next one is added. */
  *[Symbol.iterator](): Generator<TreeHash> {
    for (let at = 0; at < HASH_BYTES * this.#length; at += HASH_BYTES)
      yield this.#bytes.subarray(at, at + HASH_BYTES);
  }
}
