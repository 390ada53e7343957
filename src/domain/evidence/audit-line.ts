import { hash } from 'node:crypto';
import type { AuditHead } from '../audit.ts';
import { endOfCanonical, endOfCanonicalString, NOT_CANONICAL, standsAt } from './canonical-json.ts';

/**
 * Follows an audit chain along its lines, as bytes: what was hashed when an entry was written is its line without the member `hash`,
 * so nothing has to be parsed or made canonical again.
 */
export interface LineChain {
  /** The entry that the next line must continue. */
  readonly head: AuditHead;
  /**
   * Goes on to the entry whose line stands in `bytes` (UTF-8) from `start` to `end`, without its newline, when that is the canonical
   * form of the next entry and its hash is right. Otherwise stays where it is and returns false: either something is wrong, or the line
   * is of a rare form (see `endOfCanonical`); parsing it tells.
   */
  follow(bytes: Buffer, start: number, end: number): boolean;
  /** Goes on from this entry, whatever it is. */
  goOnFrom(head: AuditHead): void;
}

/** The members of an entry are in the order of their names: `at`, `data`, `hash`, `kind`, `prev`, `seq`, `v`. */
const BEFORE_AT = Buffer.from('{"at":');
const BEFORE_DATA = Buffer.from(',"data":');
const OPEN_OBJECT = 0x7b;
const BEFORE_HASH = Buffer.from(',"hash":"');
const AFTER_HASH = Buffer.from('","kind":"');
const HASH_FROM = BEFORE_HASH.length;
const HASH_TO = HASH_FROM + 64;
const KIND_FROM = HASH_TO + AFTER_HASH.length;
/** `"hash":"…",` */
const HASH_MEMBER_BYTES = HASH_TO + 1;

const HASH = /^[0-9a-f]{64}$/;
/** 1 for the bytes that names of kinds are made of. */
const OF_KIND = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[a-z_.]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Begins to follow a chain behind `head`. It keeps the memory that it needs for the longest line. */
export function createLineChain(head: AuditHead): LineChain {
  let current = head;
  /** Whoever hands an entry in may hand in one whose hash is none: nothing follows that. `null`: not looked at yet. */
  let isHash: boolean | null = null;
  let hashed = Buffer.allocUnsafeSlow(4096);

  /** The hash of a line whose member `hash` stands at `at`, with the comma before it. */
  const hashOf = (bytes: Buffer, start: number, end: number, at: number): string => {
    const length = end - start - HASH_MEMBER_BYTES;
    if (hashed.length < length) hashed = Buffer.allocUnsafeSlow(2 * length);
    bytes.copy(hashed, 0, start, at);
    bytes.copy(hashed, at - start, at + HASH_MEMBER_BYTES, end);
    return hash('sha256', hashed.subarray(0, length), 'hex');
  };

  return {
    get head() {
      return current;
    },
    follow: (bytes, start, end) => {
      const at = endOfData(bytes, start);
      if (at === NOT_CANONICAL || at > end) return false;
      const kindFrom = at + KIND_FROM;
      if (!standsAt(bytes, at, BEFORE_HASH) || !standsAt(bytes, at + HASH_TO, AFTER_HASH)) return false;
      const kindTo = endOfKind(bytes, kindFrom);
      const seq = current.seq + 1;
      const ending = `","prev":"${current.hash}","seq":${seq},"v":1}`;
      isHash ??= HASH.test(current.hash);
      const isInForm =
        isHash &&
        kindTo > kindFrom &&
        end - kindTo === ending.length &&
        bytes.toString('latin1', kindTo, end) === ending &&
        Number.isSafeInteger(seq);
      if (!isInForm) return false;
      const own = hashOf(bytes, start, end, at);
      if (own !== bytes.toString('latin1', at + HASH_FROM, at + HASH_TO)) return false;
      current = { seq, hash: own };
      return true;
    },
    goOnFrom: (next) => {
      current = next;
      isHash = null;
    },
  };
}

function endOfKind(bytes: Buffer, start: number): number {
  let end = start;
  while (OF_KIND[bytes[end] ?? 0] === 1) end += 1;
  return end;
}

function endOfData(bytes: Buffer, start: number): number {
  if (!standsAt(bytes, start, BEFORE_AT)) return NOT_CANONICAL;
  const end = endOfCanonicalString(bytes, start + BEFORE_AT.length);
  if (end === NOT_CANONICAL || !standsAt(bytes, end, BEFORE_DATA)) return NOT_CANONICAL;
  const data = end + BEFORE_DATA.length;
  return bytes[data] === OPEN_OBJECT ? endOfCanonical(bytes, data) : NOT_CANONICAL;
}
