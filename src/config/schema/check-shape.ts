import type { z } from 'zod';
import { listed, suggestion } from '../../closest.ts';
import { createFound, type Found } from '../text/found.ts';
import { formatPath, isWithin, type Path, valueAt, withValueAt } from '../text/paths.ts';
import { knownKeys } from './known-keys.ts';
import { nearWord } from './near-words.ts';
import { CONFIG_SCHEMA, type ConfigFile, type FilledConfigFile } from './schema.ts';

/** A fault or a warning, where its path is still in steps. */
export interface Finding {
  path: Path;
  message: string;
}

/** What can be trusted of a file with faults: a part that is absent or faulty is `undefined`, all else has its type. */
export type Sound<T> = T extends readonly (infer Item)[]
  ? ReadonlyArray<Sound<Item> | undefined>
  : T extends object
    ? { readonly [Key in keyof T]?: Sound<T[Key]> | undefined }
    : T;
export type SoundConfig = Sound<ConfigFile>;

/** What holding a file against the schema comes to. */
export interface ShapeCheck {
  faults: Finding[];
  /** With every default; `null` when there are faults. */
  filled: FilledConfigFile | null;
  sound: SoundConfig;
  found: Found;
}

/** A file after its placeholders were replaced, and before anybody looked at it. */
export interface Written {
  value: unknown;
  /** By `formatPath`: the placeholders of the texts that had any. */
  placeholders: ReadonlyMap<string, string>;
  /** Where a placeholder could not be replaced; that has been told already. */
  unresolved: readonly Path[];
}

/** Holds the file against the schema, and sorts the sound parts from the faulty ones, so that the rules can look at those all the same. */
export function checkShape(written: Written): ShapeCheck {
  const value = readScalars(written);
  const found = createFound(value, written.placeholders);
  const { success, data, error } = CONFIG_SCHEMA.safeParse(value);
  const issues = (error?.issues ?? []).filter(
    (issue) => !written.unresolved.some((path) => isWithin(issue.path.map(toStep), path)),
  );
  const faultyParts = [...written.unresolved, ...issues.flatMap((issue) => faultyPart(issue, value))];
  return {
    faults: issues.flatMap((issue) => explain(issue, value, found)),
    filled: success && written.unresolved.length === 0 ? data : null,
    sound: soundParts(value, faultyParts),
    found,
  };
}

type Issue = z.core.$ZodIssue;

/**
 * A placeholder gives a text, also where a number or `true` is wanted. Where the schema refuses such a text, and it reads as one of
 * those, that is what it is.
 */
function readScalars({ value, placeholders }: Written): unknown {
  const issues = CONFIG_SCHEMA.safeParse(value).error?.issues ?? [];
  return issues.reduce((root, issue) => {
    const path = issue.path.map(toStep);
    const text = valueAt(root, path);
    const isScalar = typeof text === 'string' && /^(true|false|-?(0|[1-9]\d{0,14})(\.\d+)?)$/.test(text);
    return isScalar && placeholders.has(formatPath(path)) ? withValueAt(root, path, JSON.parse(text)) : root;
  }, value);
}

function explain(issue: Issue, value: unknown, found: Found): Finding[] {
  const path = issue.path.map(toStep);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(CONFIG_SCHEMA, value, path);
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey([...path, key], known) }));
  }
  const expected = expectation(issue);
  const written = valueAt(value, path);
  if (written === undefined) return [{ path, message: `is missing; ${expected}` }];
  const hint = typeof written === 'string' ? didYouMean(written, optionsOf(issue)) : '';
  return [{ path, message: `${expected}, found ${found(path)}${hint}` }];
}

/** Keys that were called otherwise before, by their path: what they are called now. */
const RENAMED: ReadonlyMap<string, string> = new Map([['drill', 'testAlert']]);

function unknownKey(path: Path, known: readonly string[]): string {
  const renamed = RENAMED.get(formatPath(path));
  if (renamed !== undefined) return `unknown key; it is called ${JSON.stringify(renamed)} now`;
  const key = String(path.at(-1));
  return `unknown key${didYouMean(key, known) || `; known here: ${listed(known, 30)}`}`;
}

/** A word of another tool, or a slip of the finger. */
function didYouMean(written: string, known: readonly string[]): string {
  const near = nearWord(written, known);
  return near === null ? suggestion(written, known) : `; did you mean ${JSON.stringify(near)}?`;
}

/** The words that may stand where an issue is; `[]` where any text may. */
function optionsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

/** Our own words stand in the schema and begin with "expected"; for lists and objects the type says it. */
function expectation(issue: Issue): string {
  if (issue.message.startsWith('expected ')) return issue.message;
  if (issue.code === 'invalid_type')
    return issue.expected === 'object' ? 'expected an object' : 'expected a list';
  const options = optionsOf(issue);
  return options.length > 0 ? `expected one of ${listed(options)}` : 'expected something else';
}

/** The part that cannot be trusted because of an issue. */
function faultyPart(issue: Issue, value: unknown): Path[] {
  const path = issue.path.map(toStep);
  if (issue.code === 'unrecognized_keys') return [];
  // Without its type, nothing in the object has been looked at; of that, only the name is of use.
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const parent = valueAt(value, path.slice(0, -1));
    const keys = typeof parent === 'object' && parent !== null ? Object.entries(parent) : [];
    return keys
      .filter(([key, child]) => key !== 'name' || typeof child !== 'string')
      .map(([key]) => [...path.slice(0, -1), key]);
  }
  return [path];
}

function soundParts(value: unknown, faulty: readonly Path[]): SoundConfig {
  const sound = faulty.reduce((root, path) => withValueAt(root, path, undefined), value);
  // What the schema has accepted has the schema's type; the rest has just been taken out.
  return (sound ?? {}) as SoundConfig;
}

function toStep(step: PropertyKey): string | number {
  return typeof step === 'symbol' ? String(step) : step;
}
