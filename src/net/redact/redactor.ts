import { createSearch, type Search } from './search.ts';
import { findShapes, mayHoldShapes } from './shapes.ts';
import type { Span } from './span.ts';
import { SHORTEST_ALONE, SHORTEST_ANYWHERE, spellingsOf } from './spellings.ts';
import { layersOfText, mayHoldEscapes, placeOf, type Units } from './unescaped.ts';

/**
 * Takes secrets out of a text. With a limit only the beginning of the text is wanted, in characters of the text as it was: what comes
 * after is looked at no further than a secret reaches, so that none is cut in half.
 */
export type Redact = (text: string, limit?: number) => string;

/** Knows secrets, and takes them out of whatever leaves or stays. */
export interface Redactor {
  redact: Redact;
  /** As `redact`, for a JSON text: what stands in its texts is replaced, its keys and its form stay. */
  redactJson(json: string): string;
  /** From now on these are secrets too. None is ever forgotten: what was renewed may still turn up in an answer. */
  add(secrets: readonly string[]): void;
  /** Where secrets stand in the text. */
  find(text: string): Span[];
  /** Grows whenever it has learnt a secret that was new to it: the same text may come out differently from then on. */
  readonly generation: number;
}

/** What stands where a secret was. */
const MARK = '[redacted]';

/** The longest way to write a character of a secret that is still found whole at a limit: `&#x0000;`. */
const WIDEST_SPELLING = 8;
/** So far a secret that is known by its shape alone may reach over a limit. */
const LONGEST_SHAPE = 1_024;
const FARTHEST = 65_536;

/**
 * Builds the redactor of these secrets. They are found in every form in which they may turn up: as they stand, escaped in JSON, percent
 * encoded, as form fields and HTML entities, mixed or one in the other; in base64 and hex, wherever they begin in what was encoded. What
 * is a secret by its shape goes as well (see `shapes.ts`). `others` is a redactor whose secrets count besides.
 */
export function createRedactor(
  secrets: readonly string[] = [],
  others?: Pick<Redactor, 'find' | 'generation'>,
): Redactor {
  const known = new Set<string>();
  let index: SecretIndex | null = null;

  const find = (text: string): Span[] => {
    index ??= indexOf([...known]);
    const found = others?.find(text) ?? [];
    if (!mayHold(text, index) && (others !== undefined || !mayHoldShapes(text))) return found;
    for (const units of layersOfText(text)) {
      index.search.findIn(units, found);
      if (index.alone !== null) findAlone(units, index.alone, found);
      if (others === undefined) findShapes(units, found);
    }
    return found;
  };

  const redact: Redact = (text, limit = Number.POSITIVE_INFINITY) => {
    if (text === '') return text;
    index ??= indexOf([...known]);
    const reach = Math.min(FARTHEST, LONGEST_SHAPE + WIDEST_SPELLING * index.search.longest);
    const seen = text.length > limit + reach ? text.slice(0, limit + reach) : text;
    const spans = find(seen);
    return spans.length === 0 ? seen.slice(0, limit) : masked(seen, spans, Math.min(limit, seen.length));
  };

  const add = (more: readonly string[]): void => {
    const before = known.size;
    for (const secret of more) if (secret.length >= SHORTEST_ALONE) known.add(secret);
    if (known.size > before) index = null;
  };
  add(secrets);

  return {
    redact,
    get generation() {
      return known.size + (others?.generation ?? 0);
    },
    redactJson: (json) => (redact(json) === json ? json : jsonWithout(redact, json)),
    add,
    find,
  };
}

interface SecretIndex {
  search: Search;
  /** Short secrets, where they stand alone; `null` when there are none. */
  alone: RegExp | null;
}

/** Nearly every text is told to hold nothing here, for a small part of what it costs to take it apart. */
function mayHold(text: string, { search, alone }: SecretIndex): boolean {
  return (
    mayHoldEscapes(text) ||
    search.mayFindIn(text) ||
    (alone !== null && text.replaceAll('+', ' ').search(alone) >= 0)
  );
}

function indexOf(secrets: readonly string[]): SecretIndex {
  const short = secrets.filter(({ length }) => length < SHORTEST_ANYWHERE);
  const alternatives = short
    .map((secret) => secret.replaceAll('+', ' ').replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .sort((a, b) => b.length - a.length)
    .join('|');
  return {
    search: createSearch(secrets.flatMap(spellingsOf)),
    alone:
      short.length === 0
        ? null
        : new RegExp(`(?<![\\p{L}\\p{N}_])(?:${alternatives})(?![\\p{L}\\p{N}_])`, 'gu'),
  };
}

function findAlone(units: Units, alone: RegExp, found: Span[]): void {
  for (const { 0: secret, index } of units.text().matchAll(alone)) {
    found.push(placeOf(units, index, index + secret.length));
  }
}

/** Spans that touch or overlap leave one mark. */
function masked(text: string, spans: readonly Span[], limit: number): string {
  const kept: string[] = [];
  let at = 0;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    if (start >= limit) break;
    if (start > at || (start === at && at === 0)) kept.push(text.slice(at, start), MARK);
    at = Math.max(at, end);
  }
  kept.push(text.slice(at, Math.max(at, limit)));
  return kept.join('');
}

/** The values, not the keys: a reader goes by those. Text that is no JSON is redacted as text. */
function jsonWithout(redact: Redact, json: string): string {
  try {
    const value: unknown = JSON.parse(json, (_key, node: unknown) =>
      typeof node === 'string' ? redact(node) : node,
    );
    return JSON.stringify(value, null, json.includes('\n') ? 2 : 0);
  } catch {
    return redact(json);
  }
}
