import { ENTITIES, LONGEST_ENTITY } from './entities.ts';
import type { Span } from './span.ts';

/** A secret that was escaped in JSON within JSON within a form is three layers deep; nobody was seen to quote deeper than four. */
const DEEPEST = 5;

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const PLUS = 0x2b;
const SPACE = 0x20;

/** After a backslash these stand for something else, or for themselves: JSON and JavaScript. */
const AFTER_BACKSLASH: ReadonlyMap<number, number> = new Map(
  [
    ['"', '"'],
    ["'", "'"],
    ['`', '`'],
    ['/', '/'],
    ['\\', '\\'],
    ['b', '\b'],
    ['f', '\f'],
    ['n', '\n'],
    ['r', '\r'],
    ['t', '\t'],
  ].map(([written = '', meant = '']) => [written.charCodeAt(0), meant.charCodeAt(0)]),
);

/** A text as UTF-16 units, and for each unit where it stands in the text as it was: from `starts` to just before `ends`. */
export interface Units {
  codes: Uint16Array;
  starts: Int32Array;
  ends: Int32Array;
  length: number;
  /** How many times over escapes have been undone. */
  depth: number;
  /** The units as a text. */
  text(): string;
}

/** Where in the text as it was these units stand. */
export function placeOf({ starts, ends }: Units, first: number, after: number): Span {
  return { start: starts[first] ?? 0, end: ends[after - 1] ?? 0 };
}

/** A plus counts as a space, which it is in a form. */
export function unitOf(code: number): number {
  return code === PLUS ? SPACE : code;
}

/** Takes the text apart. */
export function unitsOf(text: string): Units {
  const { length } = text;
  const codes = new Uint16Array(length);
  const units: Units = {
    codes,
    starts: new Int32Array(length),
    ends: new Int32Array(length),
    length: 0,
    depth: 0,
    text: () => Buffer.from(codes.buffer, 0, 2 * units.length).toString('utf16le'),
  };
  for (let at = 0; at < length; at += 1) put(units, text.charCodeAt(at), at, at + 1);
  return units;
}

/** Whether undoing escapes could change anything. */
export function mayHoldEscapes(text: string): boolean {
  return text.includes('\\') || text.includes('%') || text.includes('&');
}

/**
 * Yields the text as it stands, then with its escapes undone (JSON's and JavaScript's backslashes, percent signs, HTML's entities), then
 * with those undone that have come to light, and so on until there are none. The same object each time: look before asking on.
 */
export function* layersOfText(text: string): Generator<Units> {
  const units = unitsOf(text);
  yield units;
  if (!mayHoldEscapes(text)) return;
  for (let depth = 1; depth <= DEEPEST; depth += 1) {
    const before = units.length;
    undoEscapes(units);
    if (units.length === before) return;
    units.depth = depth;
    yield units;
  }
}

/** The text with every escape undone, however often it was escaped: equal for any two ways of writing the same. */
export function plainest(text: string): Uint16Array {
  let last = new Uint16Array(0);
  for (const { codes, length } of layersOfText(text)) last = codes.slice(0, length);
  return last;
}

/** In place: what is undone is never longer than what was there. Nearly every unit stands for itself, so nothing is made for those. */
function undoEscapes(units: Units): void {
  const { codes, starts, ends, length } = units;
  units.length = 0;
  for (let at = 0; at < length; ) {
    const code = codes[at] ?? 0;
    const start = starts[at] ?? 0;
    const isMark = code === BACKSLASH || code === PERCENT || code === AMPERSAND;
    const taken = isMark ? readEscape(codes, at, length) : null;
    if (taken === null) {
      put(units, code, start, ends[at] ?? 0);
      at += 1;
      continue;
    }
    const [width, meant] = taken;
    const end = ends[at + width - 1] ?? 0;
    for (const unit of meant) put(units, unit, start, end);
    at += width;
  }
}

function put(units: Units, code: number, start: number, end: number): void {
  const { length } = units;
  units.codes[length] = unitOf(code);
  units.starts[length] = start;
  units.ends[length] = end;
  units.length = length + 1;
}

/** How many units an escape takes, and the units it stands for. */
type Escape = readonly [width: number, meant: readonly number[]];

function readEscape(codes: Uint16Array, at: number, length: number): Escape | null {
  const code = codes[at];
  if (code === PERCENT) return readPercent(codes, at, length);
  return code === BACKSLASH ? readBackslash(codes, at, length) : readEntity(codes, at, length);
}

function readBackslash(codes: Uint16Array, at: number, length: number): Escape | null {
  if (at + 1 >= length) return null;
  const next = codes[at + 1] ?? 0;
  const meant = AFTER_BACKSLASH.get(next);
  if (meant !== undefined) return [2, [meant]];
  const letter = String.fromCharCode(next);
  if (letter === 'x') return ofHex(codes, at + 2, 2, length, 4);
  return letter === 'u' ? ofHex(codes, at + 2, 4, length, 6) : null;
}

function readPercent(codes: Uint16Array, at: number, length: number): Escape | null {
  if (codes[at + 1] === 0x75) return ofHex(codes, at + 2, 4, length, 6);
  const first = hexAt(codes, at + 1, 2, length);
  if (first === null) return null;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  const bytes = [first];
  while (bytes.length < size) {
    const place = at + 3 * bytes.length;
    const byte = codes[place] === PERCENT ? hexAt(codes, place + 1, 2, length) : null;
    if (byte === null || byte < 0x80 || byte > 0xbf) break;
    bytes.push(byte);
  }
  // What is no UTF-8 was written by somebody who thinks in Latin-1.
  if (size === 1 || bytes.length < size) return [3, [first]];
  const text = Buffer.from(bytes).toString('utf8');
  return [3 * size, Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))];
}

function readEntity(codes: Uint16Array, at: number, length: number): Escape | null {
  // The longest that is read: `&#x0010ffff;`, or a name.
  const end = Math.min(length, at + Math.max(12, LONGEST_ENTITY + 2));
  const semicolon = codes.subarray(at, end).indexOf(0x3b);
  if (semicolon < 2) return null;
  const name = String.fromCharCode(...codes.subarray(at + 1, at + semicolon));
  const [, hex, decimal] = /^#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}))$/.exec(name) ?? [];
  const number =
    hex === undefined ? (decimal === undefined ? null : Number(decimal)) : Number.parseInt(hex, 16);
  const known = number ?? ENTITIES.get(name);
  if (known === undefined || known > 0x10ffff) return null;
  const text = String.fromCodePoint(known);
  return [semicolon + 1, Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))];
}

function ofHex(codes: Uint16Array, at: number, digits: number, length: number, width: number): Escape | null {
  const value = hexAt(codes, at, digits, length);
  return value === null ? null : [width, [value]];
}

function hexAt(codes: Uint16Array, at: number, digits: number, length: number): number | null {
  if (at + digits > length) return null;
  let value = 0;
  for (let place = at; place < at + digits; place += 1) {
    const digit = hexDigit(codes[place] ?? 0);
    if (digit === null) return null;
    value = 16 * value + digit;
  }
  return value;
}

function hexDigit(code: number): number | null {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : null;
}
