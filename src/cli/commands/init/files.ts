import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { whyUnreadable } from '../../../config/text/interpolate.ts';
import { WatcherError } from '../../../errors.ts';
import { UsageError } from '../../errors.ts';
import { namesIn, withVariables } from './env-file.ts';

/** Where the JSON Schema may be, seen from the configuration: in a checkout or the image, and where npm installs it. */
const SCHEMAS = [
  './config/watcher.schema.json',
  './node_modules/atlas-restore-watcher/config/watcher.schema.json',
];

/** The schema that lies beside the configuration, as `$schema` names it; `null` where there is none. */
export function schemaBeside(file: string): string | null {
  return SCHEMAS.find((schema) => existsSync(join(dirname(file), schema))) ?? null;
}

/**
 * Looks whether the configuration may be written, before anybody is asked anything.
 * @throws {UsageError} when it is there and may not be replaced, or its directory is not there.
 */
export function assertFree(file: string, { force }: { force: boolean }): void {
  if (existsSync(file) && !force) {
    throw new UsageError(
      `${file} is there already, and is left as it is`,
      'Write another one with --config FILE, or replace it with --force.',
    );
  }
  if (!existsSync(dirname(file))) {
    throw new UsageError(
      `${file} cannot be written: there is no directory ${dirname(file)}`,
      'Make it first.',
    );
  }
}

/**
 * Writes the configuration, whole or not at all. Without `force`, one that has come meanwhile is left as it is.
 * @throws {WatcherError} when it cannot be written.
 */
export function writeConfig(file: string, text: string, { force }: { force: boolean }): void {
  attempt(file, () => writeWhole(file, text, { mode: 0o644, replaces: force }));
}

/**
 * Sets the variables in a file of them, for its owner alone (0600); what else stands there stays.
 * @throws {WatcherError} when it sets one of them already and `force` is not given, or cannot be written.
 */
export function writeVariables(
  file: string,
  values: ReadonlyMap<string, string>,
  { force }: { force: boolean },
): void {
  const before = existsSync(file) ? attempt(file, () => readFileSync(file, 'utf8')) : '';
  const taken = namesIn(before).filter((name) => values.has(name));
  if (taken.length > 0 && !force) {
    throw new WatcherError('init', `${file} sets ${taken.join(' and ')} already, and is left as it is`, {
      hint: 'Give --force to set it anew there.',
    });
  }
  attempt(file, () => writeWhole(file, withVariables(before, values), { mode: 0o600, replaces: true }));
}

/**
 * Puts a text in place in one step, with this mode from its first byte on: whoever is interrupted leaves what was there, and a secret never
 * stands where others can read it, be it that a file was there that they could. What a link leads to is replaced, not the link.
 */
function writeWhole(file: string, text: string, how: { mode: number; replaces: boolean }): void {
  const place = existsSync(file) ? realpathSync(file) : file;
  const draft = `${place}.${process.pid}.new`;
  try {
    writeFileSync(draft, text, { mode: how.mode, flag: 'wx' });
    if (!how.replaces && existsSync(place)) throw Object.assign(new Error('it is there'), { code: 'EEXIST' });
    renameSync(draft, place);
  } finally {
    rmSync(draft, { force: true });
  }
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof WatcherError) throw cause;
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = isThere ? 'it is there already' : whyUnreadable(cause);
    throw new WatcherError('init', `${file} cannot be written: ${why}`, { cause });
  }
}
