import { formatPath, type Path } from './paths.ts';

/** What a JSON text comes to. Line and column count from 1. A fault never quotes more of the text than one character. */
export type JsonReading =
  | {
      kind: 'value';
      value: unknown /** Keys that stand twice in one object; the last one won. */;
      duplicates: string[];
    }
  | { kind: 'fault'; line: number; column: number; message: string };

const DEEPEST = 100;

/**
 * Reads JSON, and where it is not JSON says where and why. `JSON.parse` does not always give a place, and quotes the text around it,
 * which may hold a secret; nor does it see that a key stands twice.
 */
export function readJson(text: string): JsonReading {
  try {
    const duplicates = scanJson(text);
    return { kind: 'value', value: JSON.parse(text), duplicates };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const before = text.slice(0, error.at).split('\n');
    return {
      kind: 'fault',
      line: before.length,
      column: (before.at(-1) ?? '').length + 1,
      message: error.message,
    };
  }
}

class JsonFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Walks the text once. @throws {JsonFault} at the first thing that is not JSON. @returns the keys that stand twice. */
function scanJson(text: string): string[] {
  const duplicates: string[] = [];
  let at = 0;

  const skipSpace = (): void => {
    while (' \t\n\r'.includes(text[at] ?? 'x')) at += 1;
    if (text.startsWith('//', at) || text.startsWith('/*', at))
      throw new JsonFault(at, 'JSON has no comments');
  };

  const unexpected = (wanted: string): JsonFault => {
    const found = text[at];
    if (found === undefined) return new JsonFault(at, `expected ${wanted}, but the file ends here`);
    if (found === "'") return new JsonFault(at, 'texts and keys stand in double quotes, not in single ones');
    return new JsonFault(
      at,
      `expected ${wanted}, found ${found === '"' ? 'a double quote' : JSON.stringify(found)}`,
    );
  };

  const scanString = (): string => {
    const token = /"(?:[^"\\\n\r]|\\.)*"?/y;
    token.lastIndex = at;
    const raw = token.exec(text)?.[0] ?? '';
    if (raw.length < 2 || !raw.endsWith('"'))
      throw new JsonFault(at, 'this text has no closing quote on its line');
    try {
      const value = String(JSON.parse(raw));
      at += raw.length;
      return value;
    } catch {
      throw new JsonFault(
        at,
        'this text holds a tab or an escape that JSON does not know (a backslash is written \\\\)',
      );
    }
  };

  const scanList = (close: '}' | ']', scanItem: (index: number) => void): void => {
    at += 1;
    skipSpace();
    for (let index = 0; text[at] !== close; index += 1) {
      scanItem(index);
      skipSpace();
      if (text[at] === close) break;
      if (text[at] !== ',') throw unexpected(`"," or "${close}"`);
      const comma = at;
      at += 1;
      skipSpace();
      if (text[at] === close)
        throw new JsonFault(comma, `a comma stands before "${close}"; JSON allows none there`);
    }
    at += 1;
  };

  const scanScalar = (): void => {
    const token = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
    token.lastIndex = at;
    const raw = token.exec(text)?.[0];
    if (raw === undefined) throw unexpected('a value');
    at += raw.length;
  };

  const scanObject = (path: Path): void => {
    const seen = new Set<string>();
    scanList('}', () => {
      if (text[at] !== '"') throw unexpected('a key in double quotes');
      const key = scanString();
      if (seen.has(key)) duplicates.push(formatPath([...path, key]));
      seen.add(key);
      skipSpace();
      if (text[at] !== ':') throw unexpected('":"');
      at += 1;
      scanValue([...path, key]);
    });
  };

  const scanValue = (path: Path): void => {
    if (path.length > DEEPEST) throw new JsonFault(at, `nested deeper than ${DEEPEST} levels`);
    skipSpace();
    if (text[at] === '{') scanObject(path);
    else if (text[at] === '[') scanList(']', (index) => scanValue([...path, index]));
    else if (text[at] === '"') scanString();
    else scanScalar();
  };

  scanValue([]);
  skipSpace();
  if (at < text.length) throw unexpected('the end of the file');
  return duplicates;
}
