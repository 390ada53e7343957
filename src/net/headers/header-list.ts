/** One member of a list in a header: `"burst";q=100;w=60`, `100;w=60`, or `limit=10`. */
export interface HeaderItem {
  /** What stands first: a string without its quotes, a word or a number; of `limit=10`, the name. */
  name: string;
  /** Of `limit=10`, what stands behind the name; `null` where there is no such thing. */
  value: string | null;
  /** By their names, in lower case. */
  params: ReadonlyMap<string, string>;
}

/** Every quote has its other one. */
const BALANCED = /^(?:[^"]|"(?:[^"\\]|\\.)*")*$/s;

/** Up to the next comma, or semicolon, outside quotes. That a quote ends is known; to ask for it again would take time in its square. */
const MEMBERS = /(?:"(?:[^"\\]|\\.)*"?|[^",])+/g;
const PARTS = /(?:"(?:[^"\\]|\\.)*"?|[^";])+/g;

/**
 * Reads a header that is a list, as RFC 9651 has it, and more leniently: members, their names and their parameters, all of them as
 * text. What is no member is left out; `[]` where a quote stands alone.
 */
export function readHeaderList(text: string | null): HeaderItem[] {
  if (text === null || !BALANCED.test(text)) return [];
  return (text.match(MEMBERS) ?? []).flatMap((member) => {
    const [first, ...rest] = (member.match(PARTS) ?? []).map(readPair);
    if (first === undefined || first[0] === '') return [];
    const params = new Map(rest.map(([name, value]) => [name.toLowerCase(), value ?? '']));
    return [{ name: first[0], value: first[1], params }];
  });
}

function readPair(part: string): [name: string, value: string | null] {
  const text = part.trim();
  const equals = text.startsWith('"') ? -1 : text.indexOf('=');
  return equals < 0
    ? [unquoted(text), null]
    : [text.slice(0, equals).trim(), unquoted(text.slice(equals + 1).trim())];
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}
