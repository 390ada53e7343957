import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_FRONTIER,
  frontierText,
  growFrontier,
  leafHash,
  parseFrontier,
  rootOf,
  type TreeHash,
} from '../../../src/domain/evidence/audit-tree.ts';
import { RangeRoots } from '../../../src/domain/evidence/range-roots.ts';
import {
  consistencyRanges,
  inclusionRanges,
  type LeafRange,
  provesConsistency,
  provesInclusion,
} from '../../../src/domain/evidence/tree-proof.ts';

/** The leaves and roots that the implementations of Certificate Transparency share. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((leaf) => leafHash(Buffer.from(leaf, 'hex')));
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const grow = (leaves: readonly TreeHash[]) => growFrontier(EMPTY_FRONTIER, leaves);
const hex = (hashes: readonly TreeHash[]) => hashes.map((each) => each.toString('hex'));
const headOf = (leaves: readonly TreeHash[]) => ({ size: leaves.length, root: rootOf(grow(leaves)) });

/** The roots of these ranges; the leaves up to `start` are known by the frontier over them alone. */
function rangeRoots(leaves: readonly TreeHash[], ranges: readonly LeafRange[], start = 0): TreeHash[] {
  const roots = new RangeRoots(ranges, grow(leaves.slice(0, start)));
  for (const leaf of leaves.slice(start)) roots.take(leaf);
  expect(roots.frontier).toEqual(grow(leaves));
  return roots.rootsOf(ranges) ?? [];
}

/** The tree as RFC 6962 defines it, section 2.1: from the top. */
function rootByDefinition(leaves: readonly TreeHash[]): TreeHash {
  const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return sha256(Buffer.of(1), rootByDefinition(leaves.slice(0, half)), rootByDefinition(leaves.slice(half)));
}

const someLeaves = (options?: { minLength: number }) =>
  fc
    .array(fc.string(), { maxLength: 70, ...options })
    .map((lines) => lines.map((line, at) => leafHash(`${at}${line}`)));

describe('the tree over the audit log', () => {
  it.each(ROOTS.map((root, size) => ({ root, size })))(
    'has the published root of $size leaves',
    ({ root, size }) => {
      expect(rootOf(grow(LEAVES.slice(0, size))).toString('hex')).toBe(root);
    },
  );

  it('has the root of the definition, in however many steps it has grown', () => {
    fc.assert(
      fc.property(someLeaves(), fc.nat(70), (leaves, cut) => {
        const inSteps = growFrontier(grow(leaves.slice(0, cut)), leaves.slice(cut));
        expect(rootOf(inSteps)).toEqual(rootByDefinition(leaves));
        expect(inSteps).toEqual(grow(leaves));
      }),
    );
  });

  it('leaves the tree that it grows from as it was', () => {
    const three = grow(LEAVES.slice(0, 3));
    growFrontier(three, LEAVES.slice(3));
    expect(three).toEqual(grow(LEAVES.slice(0, 3)));
  });

  it('is read back from its text', () => {
    fc.assert(
      fc.property(someLeaves(), (leaves) => {
        const frontier = grow(leaves);
        expect(parseFrontier(leaves.length, frontierText(frontier))).toEqual(frontier);
      }),
    );
  });

  const text = frontierText(grow(LEAVES.slice(0, 5)));
  it.each<[string, number, string]>([
    ['of too few subtrees', 7, text],
    ['of too many', 4, text],
    ['for a tree without leaves', 0, text],
    ['that is no base64', 5, text.replace(/.{6}$/, '!!!!!=')],
    ['with a hash that is cut', 5, text.slice(0, -4)],
    ['for a fraction of a leaf', 5.5, text],
    ['for less than none', -1, ''],
  ])('refuses a text %s', (_what, size, wrong) => {
    expect(parseFrontier(size, wrong)).toBeNull();
  });
});

describe('a proof that an entry is in the tree', () => {
  it('is the published one', () => {
    expect(hex(rangeRoots(LEAVES, inclusionRanges(0, 8)))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
  });

  it('holds for that entry at that place of that tree, and for no other', () => {
    fc.assert(
      fc.property(someLeaves({ minLength: 2 }), fc.nat(), fc.nat(), (leaves, one, two) => {
        const [index, other] = [one % leaves.length, two % leaves.length];
        const head = headOf(leaves);
        const leaf = leaves[index] as TreeHash;
        const proof = rangeRoots(leaves, inclusionRanges(index, leaves.length));
        const proves = (over: { leaf?: TreeHash; at?: number; proof?: TreeHash[]; size?: number }) =>
          provesInclusion(over.leaf ?? leaf, over.at ?? index, over.proof ?? proof, {
            ...head,
            size: over.size ?? head.size,
          });
        expect(proves({})).toBe(true);
        // Of what lies before the leaf, the frontier is enough.
        expect(rangeRoots(leaves, inclusionRanges(index, leaves.length), other % (index + 1))).toEqual(proof);
        expect(proves({ leaf: leafHash('another') })).toBe(false);
        expect(proves({ at: other })).toBe(other === index);
        expect(proves({ proof: proof.slice(1) })).toBe(false);
        expect(proves({ proof: [...proof, leaf] })).toBe(false);
        expect(proves({ at: leaves.length })).toBe(false);
        expect(proves({ at: -1 })).toBe(false);
        expect(proves({ size: 0 })).toBe(false);
        for (let at = 0; at < proof.length; at += 1)
          expect(proves({ proof: proof.with(at, leafHash('another')) })).toBe(false);
      }),
    );
  });
});

describe('a proof that a tree has only grown', () => {
  it('is the published one', () => {
    expect(hex(rangeRoots(LEAVES, consistencyRanges(6, 8)))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('holds for each older tree of each', () => {
    const leaves = Array.from({ length: 40 }, (_, at) => leafHash(String(at)));
    for (let size = 0; size <= leaves.length; size += 1) {
      for (let old = 0; old <= size; old += 1) {
        const proof = rangeRoots(leaves.slice(0, size), consistencyRanges(old, size));
        const holds = provesConsistency(headOf(leaves.slice(0, old)), proof, headOf(leaves.slice(0, size)));
        expect(holds, `${old} of ${size}`).toBe(true);
        expect(rangeRoots(leaves.slice(0, size), consistencyRanges(old, size), old)).toEqual(proof);
      }
    }
  });

  it('does not hold for an older tree that had another leaf, nor with a hash that is another', () => {
    fc.assert(
      fc.property(someLeaves({ minLength: 2 }), fc.nat(), fc.nat(), (leaves, one, two) => {
        const oldSize = 1 + (one % (leaves.length - 1));
        const old = leaves.slice(0, oldSize);
        const proof = rangeRoots(leaves, consistencyRanges(oldSize, leaves.length));
        const forged = headOf(old.with(two % oldSize, leafHash('another')));
        expect(provesConsistency(forged, proof, headOf(leaves))).toBe(false);
        expect(provesConsistency(headOf(old), proof.slice(1), headOf(leaves))).toBe(false);
        for (let at = 0; at < proof.length; at += 1) {
          const changed = proof.with(at, leafHash('another'));
          expect(provesConsistency(headOf(old), changed, headOf(leaves))).toBe(false);
        }
      }),
    );
  });

  it('cannot be made before the tree has grown so far, or of what is gone', () => {
    const none = (taken: readonly TreeHash[], start = 0): void => {
      const ranges = inclusionRanges(2, 8);
      const roots = new RangeRoots(ranges, grow(LEAVES.slice(0, start)));
      for (const leaf of taken) roots.take(leaf);
      expect(roots.rootsOf(ranges)).toBeNull();
    };
    none(LEAVES.slice(0, 7));
    none(LEAVES.slice(4), 4);
  });

  it('does not hold for a tree that has shrunk, or is another of the same size', () => {
    expect(provesConsistency(headOf(LEAVES), [], headOf(LEAVES.slice(1)))).toBe(false);
    expect(provesConsistency(headOf(LEAVES), [], headOf(LEAVES.toReversed()))).toBe(false);
  });
});
