import { formatPath, type Path } from './paths.ts';

/** Where `${…}` gets its values from. */
export interface InterpolationSources {
  env: Readonly<Record<string, string | undefined>>;
  /** @throws when the file cannot be read. */
  readFile: (path: string) => Promise<string>;
}

/** A JSON value with its placeholders replaced, and what was found on the way. */
export interface Interpolation {
  value: unknown;
  faults: Array<{ path: Path; message: string }>;
  /** The placeholders of each text that had any, as they were written, by the text's path (`formatPath`). */
  placeholders: ReadonlyMap<string, string>;
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

  const fill = async (text: string, path: Path): Promise<string> => {
    const pieces: string[] = [];
    const written: string[] = [];
    let end = 0;
    let isSound = true;
    for (const match of text.matchAll(PLACEHOLDER)) {
      pieces.push(text.slice(end, match.index));
      end = match.index + match[0].length;
      if (match[0] === '$${') {
        pieces.push('${');
        continue;
      }
      written.push(match[0]);
      const found = await resolve(match[1], sources);
      if (found.kind === 'fault') {
        isSound = false;
        faults.push({ path, message: found.message });
        continue;
      }
      if (found.fromFile) fileContents.push(found.text);
      pieces.push(found.text);
    }
    if (written.length > 0) placeholders.set(formatPath(path), written.join(' '));
    return isSound ? pieces.join('') + text.slice(end) : text;
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

  return { value: await walk(value, []), faults, placeholders, fileContents };
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
      return { kind: 'text', text: (await readFile(file)).replace(/[\r\n]+$/, ''), fromFile: true };
    } catch (error) {
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
  };
  return words[code] ?? code;
}
