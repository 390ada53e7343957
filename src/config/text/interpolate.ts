import { formatPath, type Path } from './paths.ts';
import { isGarbled, NotUtf8 } from './read-text.ts';

/** Where `${…}` gets its values from. */
export interface InterpolationSources {
  env: Readonly<Record<string, string | undefined>>;
  /** @throws when the file cannot be read. */
  readFile: (path: string) => Promise<string>;
}

/** A part of a text: as the file has it (`origin` is `null`), or as it was put in for a placeholder. */
export interface Piece {
  text: string;
  /** The placeholder, as it was written. */
  origin: string | null;
}

/** A JSON value with its placeholders replaced, and what was found on the way. */
export interface Interpolation {
  value: unknown;
  faults: Array<{ path: Path; message: string }>;
  /** The placeholders of each text that had any, as they were written, by the text's path (`formatPath`). */
  placeholders: ReadonlyMap<string, string>;
  /** What those texts are made of. What comes from a file has lost the one newline at its end, and nothing else. */
  pieces: ReadonlyMap<string, readonly Piece[]>;
  /** What was read from files: somebody thought it worth hiding. */
  fileContents: readonly string[];
}

/** `$${` stands for a literal `${`. Otherwise `${`, and the inside up to the next brace (group 1; absent where none follows). */
const PLACEHOLDER = /\$\$\{|\$\{(?:([^}]*)\})?/g;

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `${file:PATH}` in every text of a JSON value (not in keys). The default also stands in
 * for a variable that is set but empty. Of a file, newlines at the end are dropped; a relative path starts from the working
 * directory. What is inserted is not looked at again. A text with a faulty placeholder stays as it is.
 */
export async function interpolate(value: unknown, sources: InterpolationSources): Promise<Interpolation> {
  const faults: Interpolation['faults'] = [];
  const placeholders = new Map<string, string>();
  const fileContents: string[] = [];
  const piecesOf = new Map<string, readonly Piece[]>();

  const fill = async (text: string, path: Path): Promise<string> => {
    const pieces: Piece[] = [];
    const asWritten = (part: string): void => void pieces.push({ text: part, origin: null });
    const written: string[] = [];
    let end = 0;
    let isSound = true;
    for (const match of text.matchAll(PLACEHOLDER)) {
      asWritten(text.slice(end, match.index));
      end = match.index + match[0].length;
      if (match[0] === '$${') {
        asWritten('${');
        continue;
      }
      written.push(match[0]);
      const found = await resolve(match[1], sources);
      if (found.kind === 'fault') {
        isSound = false;
        faults.push({ path, message: found.message });
        continue;
      }
      if (found.fromFile) fileContents.push(withoutNewlines(found.text));
      pieces.push({ text: found.text, origin: match[0] });
    }
    asWritten(text.slice(end));
    if (written.length > 0) {
      placeholders.set(formatPath(path), written.join(' '));
      piecesOf.set(formatPath(path), pieces);
    }
    return isSound
      ? pieces.map((piece) => (isFile(piece) ? withoutNewlines(piece.text) : piece.text)).join('')
      : text;
  };

  const walk = async (node: unknown, path: Path): Promise<unknown> => {
    if (typeof node === 'string') return node.includes('${') ? fill(node, path) : node;
    if (typeof node !== 'object' || node === null) return node;
    const copy: Array<[string, unknown]> = [];
    for (const [key, child] of Object.entries(node)) {
      copy.push([key, await walk(child, [...path, Array.isArray(node) ? Number(key) : key])]);
    }
    return Array.isArray(node) ? copy.map(([, child]) => child) : Object.fromEntries(copy);
  };

  return { value: await walk(value, []), faults, placeholders, pieces: piecesOf, fileContents };
}

function isFile({ origin }: Piece): boolean {
  return origin?.startsWith('${file:') ?? false;
}

function withoutNewlines(text: string): string {
  return text.replace(/[\r\n]+$/, '');
}

type Resolved = { kind: 'text'; text: string; fromFile: boolean } | { kind: 'fault'; message: string };

async function resolve(
  inside: string | undefined,
  { env, readFile }: InterpolationSources,
): Promise<Resolved> {
  if (inside === undefined) return fault('a "${" has no closing brace; "$${" stands for a literal "${"');

  const file = /^file:(.+)$/.exec(inside)?.[1];
  if (file !== undefined) {
    try {
      const text = await readFile(file);
      if (isGarbled(text)) return fault(notUtf8(file));
      return { kind: 'text', text: text.replace(/\r?\n$/, ''), fromFile: true };
    } catch (error) {
      if (error instanceof NotUtf8) return fault(notUtf8(file));
      return fault(`the file ${file} cannot be read: ${whyUnreadable(error)}`);
    }
  }

  const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside) ?? [];
  // Not quoted: it may be part of a password that stands in the file as it is.
  if (name === undefined) {
    return fault(
      'a placeholder is not one of ${NAME}, ${NAME:-default}, ${file:/path}; "$${" stands for a literal "${"',
    );
  }
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (fallback !== undefined) return { kind: 'text', text: value || fallback, fromFile: false };
  if (value === undefined) return fault(`the environment variable ${name} is not set`);
  return { kind: 'text', text: value, fromFile: false };
}

function notUtf8(file: string): string {
  return `the file is not UTF-8 text: ${file}; save it as UTF-8`;
}

function fault(message: string): Resolved {
  return { kind: 'fault', message };
}

/** In words, without the path, which the caller has said already. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not read it',
    EISDIR: 'it is a directory',
    NOT_UTF8: 'it is not UTF-8 text',
  };
  return words[code] ?? code;
}
