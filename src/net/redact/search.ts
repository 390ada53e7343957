import type { Span } from './span.ts';
import { placeOf, type Units, unitOf } from './unescaped.ts';

/** Tells where any of many patterns stands. */
export interface Search {
  /** In units: of the longest pattern. */
  readonly longest: number;
  /** Whether `findIn` may find something in this text as it stands; hardly ever true when it would not. */
  mayFindIn(text: string): boolean;
  /** Adds the places in the original text at which one of the patterns stands. */
  findIn(units: Units, found: Span[]): void;
}

/** The hash below covers this many units, no more and no less. */
export const SHORTEST_PATTERN = 8;

const FILTER_BITS = 0xffff;

/**
 * Prepares the search for patterns of at least `SHORTEST_PATTERN` units. A rolling hash of the last units seen tells where one may end,
 * so that a text is walked once, however many patterns there are: the cost grows with the text, not with the product.
 */
export function createSearch(patterns: readonly Uint16Array[]): Search {
  const byEnd = new Map<number, Uint16Array[]>();
  const filter = new Uint8Array(FILTER_BITS + 1);
  for (const pattern of patterns) {
    const hash = pattern.reduce(rolled, 0);
    filter[folded(hash)] = 1;
    byEnd.set(hash, [...(byEnd.get(hash) ?? []), pattern]);
  }
  for (const candidates of byEnd.values()) candidates.sort((a, b) => b.length - a.length);

  return {
    longest: patterns.reduce((longest, { length }) => Math.max(longest, length), 0),
    mayFindIn: (text) => {
      if (byEnd.size === 0) return false;
      let hash = 0;
      for (let at = 0; at < text.length; at += 1) {
        hash = rolled(hash, unitOf(text.charCodeAt(at)));
        if (filter[folded(hash)] !== 0 && byEnd.has(hash)) return true;
      }
      return false;
    },
    findIn: (units, found) => {
      const { codes, length } = units;
      if (byEnd.size === 0) return;
      let hash = 0;
      for (let at = 0; at < length; at += 1) {
        hash = rolled(hash, codes[at] ?? 0);
        if (filter[folded(hash)] === 0) continue;
        const end = at + 1;
        const pattern = byEnd.get(hash)?.find((candidate) => endsWith(codes, end, candidate));
        if (pattern) found.push(placeOf(units, end - pattern.length, end));
      }
    },
  };
}

/** Every step pushes what came before by four bits: after eight steps nothing is left of it. */
function rolled(hash: number, code: number): number {
  return (hash << 4) ^ code;
}

function folded(hash: number): number {
  return (hash ^ (hash >>> 16)) & FILTER_BITS;
}

function endsWith(codes: Uint16Array, end: number, pattern: Uint16Array): boolean {
  const start = end - pattern.length;
  if (start < 0) return false;
  for (let at = pattern.length - 1; at >= 0; at -= 1) {
    if (codes[start + at] !== pattern[at]) return false;
  }
  return true;
}
