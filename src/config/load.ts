import { createHash } from 'node:crypto';
import { canonicalText } from '../domain/evidence/canonical-text.ts';
import { ConfigError, type ConfigIssue } from '../errors.ts';
import type { WatcherConfig } from './config.ts';
import { cleanCredentials } from './credentials.ts';
import { normalise } from './normalise.ts';
import { RULES } from './rules/all.ts';
import type { RuleContext } from './rules/rule.ts';
import { checkShape, type Finding } from './schema/check-shape.ts';
import { gatherSecrets } from './secrets.ts';
import { readBodyFiles, rememberingFiles } from './text/body-files.ts';
import { type InterpolationSources, interpolate, whyUnreadable } from './text/interpolate.ts';
import { type JsonReading, readJson } from './text/json-text.ts';
import { withLikelySlip } from './text/likely-slip.ts';
import { byPlaceIn, formatPath, isWithin, type Path, valueAt } from './text/paths.ts';
import { readText } from './text/read-text.ts';
import { replacedFiles } from './text/replaced.ts';

/** Where a configuration gets its values from. */
export interface LoadOptions {
  /** For `${NAME}`. */
  env: InterpolationSources['env'];
  /** For `${file:…}`, `caFile` and `bodyFile`. */
  readFile?: InterpolationSources['readFile'];
  /** The text of the file, where it is not to be read again: only what it refers to is. */
  text?: string | undefined;
}

/**
 * Reads, checks and normalises a configuration. Looks at everything before it gives up, and starts nothing.
 * @throws {ConfigError} with every fault at once, in the order of the file. No fault shows a secret.
 */
export async function loadConfig(file: string, options: LoadOptions): Promise<WatcherConfig> {
  const { env } = options;
  const text = options.text ?? (await readConfigFile(file));
  const files = new Map<string, string>();
  const read = rememberingFiles(options.readFile ?? readText);
  const readFile = async (path: string): Promise<string> => {
    const content = await read(path);
    files.set(path, sha256(content));
    return content;
  };
  const { value: raw, duplicates, lineOf } = parse(file, text);
  const filled = await interpolate(raw, { env, readFile });
  const { placeholders, fileContents } = filled;
  const isUnresolved = (path: Path): boolean => filled.faults.some((fault) => isWithin(path, fault.path));
  const credentials = cleanCredentials(filled.value, filled.pieces, isUnresolved);
  const { value } = credentials;
  const unresolved = [...filled.faults, ...credentials.faults];
  const shape = checkShape({ value, placeholders, unresolved: unresolved.map(({ path }) => path) });
  const faulty = [...unresolved, ...shape.faults].map(({ path }) => path);
  const { faults, warnings } = await applyRules({
    ...shape,
    file,
    config: shape.sound,
    faulty,
    readFile,
    isFilledIn: (path) => placeholders.has(formatPath(path)),
  });

  const toIssues = (findings: readonly Finding[]): ConfigIssue[] => {
    const byPlace = byPlaceIn(raw);
    return findings
      .toSorted((a, b) => byPlace(a.path, b.path))
      .map(({ path, message }) => ({ path: formatPath(path), message, line: lineOf(path) }));
  };
  const twice = duplicates.map((path) => ({ path, message: 'stands twice in the same object' }));
  const isWritten = (path: Path): boolean => !placeholders.has(formatPath(path));
  const refused = [...shape.faults, ...faults].map((fault) =>
    isWritten(fault.path) ? withLikelySlip(fault, valueAt(raw, fault.path)) : fault,
  );
  const issues = [...toIssues(twice), ...toIssues([...unresolved, ...refused])];
  if (issues.length > 0 || shape.filled === null) throw new ConfigError(file, issues);
  const replaced = await replacedFiles([...(options.text === undefined ? [file] : []), ...files.keys()]);
  return {
    file,
    ...normalise(shape.filled, shape.sound, await readBodyFiles(shape.filled, readFile)),
    warnings: [
      ...replaced.map(warnOfReplaced),
      ...toIssues(eachOnce([...credentials.warnings, ...warnings])),
    ],
    secrets: [
      ...new Set([...gatherSecrets(shape.filled), ...fileContents.filter((content) => content !== '')]),
    ],
    text,
    sha256: sha256(text),
    agreement: sha256(canonicalText(raw) ?? text),
    files,
  };
}

/** Two who look at the same text may find the same in it. */
function eachOnce(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

function warnOfReplaced(path: string): ConfigIssue {
  return {
    path: '',
    message: `${path} is the old file: it was replaced or removed, and only this process (its container) still sees it, since it is mounted as a single file. Mount its directory instead, or start the container anew`,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function readConfigFile(file: string): Promise<string> {
  try {
    return await readText(file);
  } catch (cause) {
    throw new ConfigError(file, [{ path: '', message: `cannot be read: ${whyUnreadable(cause)}` }], {
      hint: 'Name the file with --config FILE or RESTORE_WATCHER_CONFIG; without them it is watcher.config.json in the current directory. "restore-watcher init" writes a first one.',
      cause,
    });
  }
}

function parse(file: string, text: string): Extract<JsonReading, { kind: 'value' }> {
  const reading = readJson(text.replace(/^\uFEFF/, ''));
  if (reading.kind === 'value') return reading;
  const { line, column, message } = reading;
  throw new ConfigError(file, [{ path: '', message: `line ${line}, column ${column}: ${message}`, line }]);
}

async function applyRules(
  scene: Pick<RuleContext, 'file' | 'config' | 'found' | 'readFile' | 'isFilledIn'> & {
    faulty: readonly Path[];
  },
): Promise<{ faults: Finding[]; warnings: Finding[] }> {
  const { file, config, found, readFile, isFilledIn, faulty } = scene;
  const faults: Finding[] = [];
  const warnings: Finding[] = [];
  const context: RuleContext = {
    file,
    config,
    found,
    readFile,
    isFilledIn,
    isFaulty: (path) => faulty.some((part) => isWithin(path, part)),
    fault: (path, message) => faults.push({ path, message }),
    warn: (path, message) => warnings.push({ path, message }),
  };
  for (const rule of RULES) await rule(context);
  return { faults, warnings };
}
