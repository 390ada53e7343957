/**
 * Writes plain JSON data in its canonical form (RFC 8785): members in the order of the UTF-16 units of their names, no space, strings and
 * numbers as `JSON.stringify` spells them. Members that are `undefined` are left out, as in JSON.
 *
 * Returns `null` for what is no plain JSON, of which a reader would find something else: half of a surrogate pair, a number that is none,
 * an object with a prototype of its own, `undefined` in a list. It walks the data once, and makes nothing but the text.
 */
export function canonicalText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? JSON.stringify(value) : null;
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : null;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? textOfList(value) : textOfObject(value);
    default:
      return null;
  }
}

function textOfList(list: readonly unknown[]): string | null {
  let text = '[';
  // By index: a hole is no member of any list in JSON.
  for (let index = 0; index < list.length; index += 1) {
    const item = canonicalText(list[index]);
    if (item === null) return null;
    text += index === 0 ? item : `,${item}`;
  }
  return `${text}]`;
}

function textOfObject(object: object): string | null {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return null;
  const members = object as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of inOrder(Object.keys(members))) {
    const value = members[key];
    if (value === undefined) continue;
    const member = canonicalText(value);
    const name = nameOf(key);
    if (member === null || name === null) return null;
    text += text.length === 1 ? `${name}:${member}` : `,${name}:${member}`;
  }
  return `${text}}`;
}

/** Sorts by UTF-16 units. Objects are small, and many have their members in order: that is found sooner than a sort begins. */
function inOrder(keys: string[]): string[] {
  for (let index = 1; index < keys.length; index += 1) {
    if ((keys[index - 1] ?? '') > (keys[index] ?? '')) return keys.sort();
  }
  return keys;
}

/** Names of members, as they are written. There are some hundred of them, but for the labels that people give. */
const NAMES = new Map<string, string>();
const MOST_NAMES = 500;

function nameOf(key: string): string | null {
  const known = NAMES.get(key);
  if (known !== undefined) return known;
  if (!key.isWellFormed()) return null;
  const name = JSON.stringify(key);
  if (NAMES.size < MOST_NAMES) NAMES.set(key, name);
  return name;
}
