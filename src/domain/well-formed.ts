/** The escape of a half of a surrogate pair. Whole pairs have it as well: what it finds has to be looked at. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/** Hardly any JSON has an escape by number: that is found much faster than an expression can tell. */
function mayEscapeSurrogates(json: string): boolean {
  return json.includes('\\u') && SURROGATE_ESCAPE.test(json);
}

/**
 * Reads JSON as `JSON.parse` does, in which a half of a surrogate pair, written as an escape or not, becomes U+FFFD: nothing that comes
 * in through here makes a text that cannot be sent on.
 * @throws {SyntaxError}
 */
export function parseWellFormed(json: string): unknown {
  return mayEscapeSurrogates(json) ? JSON.parse(json, wellFormed) : JSON.parse(json.toWellFormed());
}

/** Writes JSON as `JSON.stringify` does, without escapes of half a surrogate pair, which a strict reader refuses. */
export function wellFormedJson(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  return mayEscapeSurrogates(json) ? JSON.stringify(value, wellFormed, indent) : json;
}

/** A copy of JSON data without halves of surrogate pairs; the same object where there are none. */
export function wellFormedData(data: unknown): unknown {
  if (Array.isArray(data)) {
    const items = data.map(wellFormedData);
    return items.every((item, index) => item === data[index]) ? data : items;
  }
  if (typeof data !== 'object' || data === null) return wellFormed('', data);
  const entries = Object.entries(data);
  const sound = entries.map(([key, child]): [string, unknown] => [key.toWellFormed(), wellFormedData(child)]);
  const isSame = sound.every(
    ([key, child], index) => key === entries[index]?.[0] && child === entries[index]?.[1],
  );
  return isSame ? data : Object.fromEntries(sound);
}

/** The values of an object with its keys, as a reviver and a replacer both are given them. */
function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.keys(value).every((key) => key.isWellFormed())
    ? value
    : Object.fromEntries(Object.entries(value).map(([key, child]) => [key.toWellFormed(), child]));
}
