/** What `endOfCanonical` and `endOfCanonicalString` return for what is not canonical, or may not be. */
export const NOT_CANONICAL = -1;

/** Deeper than anything that this program writes; keeps a hostile text from using up the stack. */
const MAX_DEPTH = 64;

/** Integers of so many digits are exact, and their canonical form is their digits. */
const MAX_DIGITS = 15;

/** From this byte on, UTF-8 puts keys into another order than UTF-16, which RFC 8785 goes by. */
const ORDER_DIFFERS_FROM = 0xee;

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** 1 for the bytes that stand for themselves inside of a string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** 1 for the letter after the backslash of a short escape. */
const SHORT_ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** Spellings of the control characters that have no short escape. */
const LONG_ESCAPES = new Set(
  Array.from({ length: 0x20 }, (_, code) => JSON.stringify(String.fromCharCode(code)).slice(1, -1)).filter(
    ({ length }) => length === 6,
  ),
);

/**
 * Finds where the JSON value ends that begins at `start`, as long as its bytes are its canonical form (RFC 8785): no space, keys in
 * order and none twice, every string and number spelled in the one way that counts. `bytes` must be UTF-8.
 *
 * Says `NOT_CANONICAL` also of some canonical texts, which are rare here: fractions, negative and huge numbers, keys with escapes or
 * with characters beyond U+DFFF that decide the order, deep nesting. What it accepts is canonical always. It reads each byte once, and
 * makes no object.
 */
export function endOfCanonical(bytes: Uint8Array, start: number): number {
  return endOfValue(bytes, start, 0);
}

/** The same for a string, whose opening quote is at `start`. */
export function endOfCanonicalString(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== QUOTE) return NOT_CANONICAL;
  for (let at = start + 1; ; ) {
    while (PLAIN[bytes[at] ?? 0] === 1) at += 1;
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] !== BACKSLASH) return NOT_CANONICAL;
    if (SHORT_ESCAPES[bytes[at + 1] ?? 0] === 1) at += 2;
    else if (LONG_ESCAPES.has(String.fromCharCode(...bytes.subarray(at, at + 6)))) at += 6;
    else return NOT_CANONICAL;
  }
}

function endOfValue(bytes: Uint8Array, start: number, depth: number): number {
  const first = bytes[start] ?? 0;
  if (first === QUOTE) return endOfCanonicalString(bytes, start);
  if (first >= ZERO && first <= NINE) return endOfInteger(bytes, start);
  if (depth === MAX_DEPTH) return NOT_CANONICAL;
  if (first === OPEN_OBJECT) return endOfObject(bytes, start + 1, depth + 1);
  if (first === OPEN_LIST) return endOfList(bytes, start + 1, depth + 1);
  return endOfWord(bytes, start);
}

function endOfObject(bytes: Uint8Array, start: number, depth: number): number {
  if (bytes[start] === CLOSE_OBJECT) return start + 1;
  let before = 0;
  for (let key = start; ; ) {
    const colon = endOfCanonicalString(bytes, key);
    if (colon === NOT_CANONICAL || bytes[colon] !== COLON) return NOT_CANONICAL;
    if (before > 0 && !isBefore(bytes, before, key)) return NOT_CANONICAL;
    const end = endOfValue(bytes, colon + 1, depth);
    if (end === NOT_CANONICAL) return NOT_CANONICAL;
    if (bytes[end] === CLOSE_OBJECT) return end + 1;
    if (bytes[end] !== COMMA) return NOT_CANONICAL;
    before = key;
    key = end + 1;
  }
}

function endOfList(bytes: Uint8Array, start: number, depth: number): number {
  if (bytes[start] === CLOSE_LIST) return start + 1;
  for (let item = start; ; ) {
    const end = endOfValue(bytes, item, depth);
    if (end === NOT_CANONICAL) return NOT_CANONICAL;
    if (bytes[end] === CLOSE_LIST) return end + 1;
    if (bytes[end] !== COMMA) return NOT_CANONICAL;
    item = end + 1;
  }
}

/** Says whether one key stands before another in canonical order; false also where their bytes do not tell. Each begins with a quote. */
function isBefore(bytes: Uint8Array, key: number, other: number): boolean {
  for (let at = 1; ; at += 1) {
    const mine = bytes[key + at] ?? 0;
    const theirs = bytes[other + at] ?? 0;
    if (mine === BACKSLASH || theirs === BACKSLASH) return false;
    if (mine !== theirs || mine === QUOTE) {
      if (mine >= ORDER_DIFFERS_FROM || theirs >= ORDER_DIFFERS_FROM) return false;
      return theirs !== QUOTE && (mine === QUOTE || mine < theirs);
    }
  }
}

function endOfInteger(bytes: Uint8Array, start: number): number {
  let end = start + 1;
  if (bytes[start] !== ZERO) while (isDigit(bytes[end] ?? 0)) end += 1;
  const next = bytes[end] ?? 0;
  return end - start <= MAX_DIGITS && !isDigit(next) && next !== DOT && (next | 0x20) !== 0x65
    ? end
    : NOT_CANONICAL;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function endOfWord(bytes: Uint8Array, start: number): number {
  const word = bytes[start] === TRUE[0] ? TRUE : bytes[start] === FALSE[0] ? FALSE : NULL;
  return standsAt(bytes, start, word) ? start + word.length : NOT_CANONICAL;
}

/** Says whether these bytes stand at that place. */
export function standsAt(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[start + index] !== text[index]) return false;
  }
  return true;
}
