import { createHash } from 'node:crypto';
import type { TellingConfig } from '../domain/explain/why.ts';
import { isRecord } from '../domain/json-object.ts';
import type { MutableWatch } from '../domain/telling/mute-reach.ts';
import { ConfigError, type ConfigIssue, issueText } from '../errors.ts';
import type { WatcherConfig } from './config.ts';
import { toFallback, toRoute } from './normalise.ts';
import { DEFAULT_SERVER, isAddressCertain } from './schema/default-server.ts';
import { DEFAULT_AUDIT, DEFAULT_STORE } from './schema/default-store.ts';
import { knownKeys } from './schema/known-keys.ts';
import { CONFIG_SCHEMA, TELLING_SCHEMA } from './schema/schema.ts';
import { type InterpolationSources, interpolate } from './text/interpolate.ts';
import { readText } from './text/read-text.ts';
import { type Salvage, salvageJson } from './text/salvage-json.ts';

/** As much of a configuration as a command needs that only reads, or mutes, what is stored. */
export interface StoreAccess {
  file: string;
  /** SHA-256 of the file; `null` where there is no text of its own. */
  sha256: string | null;
  store: WatcherConfig['store'];
  /** `null`: where the mirror of the audit log lies cannot be read with certainty. */
  audit: { file: string; checkpoints?: string } | null;
  /** Where a daemon may be asked; `null`: that cannot be read with certainty. */
  server: Omit<WatcherConfig['server'], 'publicBadges'> | null;
  /** As far as they can be read. */
  watches: readonly MutableWatch[];
  channels: ReadonlyArray<{ name: string }>;
  /** False: there may be other watches and channels than those. */
  isWhole: boolean;
  /** Who is told of what; `null`: that cannot be read with certainty. */
  telling: TellingConfig | null;
  /** Why the rest of the file cannot be used, for people; `null`: it can. */
  fault: string | null;
}

/** Takes it out of a configuration that is sound. */
export function accessOf(config: WatcherConfig): StoreAccess {
  const { file, sha256, store, audit, server, watches, channels } = config;
  const telling = tellingConfigOf(config);
  return { file, sha256, store, audit, server, watches, channels, isWhole: true, telling, fault: null };
}

/** Picks what explains who is told from a configuration. */
export function tellingConfigOf({
  routes,
  channels,
  fallbacks,
}: Pick<WatcherConfig, 'routes' | 'fallbacks'> & {
  channels: ReadonlyArray<{ name: string }>;
}): TellingConfig {
  return { routes, fallbacks, channels: channels.map(({ name }) => name) };
}

/** The access to a store that somebody names, without any configuration. */
export function accessToStore(url: string, file: string): StoreAccess {
  return {
    ...{ file, sha256: null, store: { url }, audit: null, server: null },
    ...{ watches: [], channels: [], isWhole: false, telling: null, fault: null },
  };
}

/**
 * Reads `store.url`, and what else helps, out of a configuration that has faults, or whose secrets are not there. Nothing is taken for
 * its default that may only be unreadable: a command that reads another store than was meant tells nothing, and one that mutes there mutes
 * nothing. Placeholders are replaced only in what is used.
 * @param fault what the whole file is refused for.
 * @throws {ConfigError} that fault, when there is no file; or one about `store.url` alone.
 */
export async function readStoreAccess(
  file: string,
  { env, fault }: { env: InterpolationSources['env']; fault: ConfigError },
): Promise<StoreAccess> {
  const { text, salvage } = await salvageFile(file, fault);
  const sources = { env, readFile: readText };
  const reader = createSectionReader(salvage, fault.issues);
  const store = await textsIn(
    reader,
    'store',
    { ...DEFAULT_STORE, schema: undefined, caFile: undefined },
    sources,
  );
  if ('issues' in store) throw new ConfigError(file, store.issues, { hint: HOW_TO_GO_ON });
  const audit = await textsIn(reader, 'audit', DEFAULT_AUDIT, sources);
  const { watches, channels } = salvage.guessed;
  const names = { watches: watchesIn(watches), channels: namesIn(channels) };
  return {
    file,
    sha256: createHash('sha256').update(text).digest('hex'),
    store: { ...store.texts, url: store.texts.url ?? DEFAULT_STORE.url },
    audit: 'issues' in audit ? null : { file: audit.texts.file ?? DEFAULT_AUDIT.file },
    server: await serverOf(reader, sources),
    ...names,
    isWhole:
      isWholeList(reader, 'watches', names.watches, watches) &&
      isWholeList(reader, 'channels', names.channels, channels),
    telling: tellingIn(reader, salvage.guessed),
    fault: firstOf(fault),
  };
}

/**
 * Reads where the daemon of a configuration listens that has faults, or whose secrets are not there. Nothing else of it matters.
 * @throws {ConfigError} `fault`, what the whole file is refused for, when that cannot be read with certainty.
 */
export async function readServerAddress(
  file: string,
  { env, fault }: { env: InterpolationSources['env']; fault: ConfigError },
): Promise<{ host: string; port: number }> {
  const { salvage } = await salvageFile(file, fault);
  const server = await serverOf(createSectionReader(salvage, fault.issues), { env, readFile: readText });
  if (server === null) throw fault;
  return { host: server.host, port: server.port };
}

async function salvageFile(file: string, fault: ConfigError): Promise<{ text: string; salvage: Salvage }> {
  const text = await readText(file).catch(() => {
    throw fault;
  });
  return { text, salvage: salvageJson(text.replace(/^\uFEFF/, '')) };
}

const HOW_TO_GO_ON =
  'Mend the file, or name the store itself (--store sqlite:PATH) or a running daemon (--server URL).';

/** Reads sections of a file with faults. */
interface SectionReader {
  /** What certainly stands in an object, `{}` where it is not written; or why that cannot be told. */
  objectAt(key: string): { value: Readonly<Record<string, unknown>> } | { issues: ConfigIssue[] };
  /** True when just this was written. */
  isCertain(key: string): boolean;
  /** What the file is refused for within a section. */
  issuesAt(key: string): ConfigIssue[];
}

function createSectionReader(salvage: Salvage, issues: readonly ConfigIssue[]): SectionReader {
  const known = knownKeys(CONFIG_SCHEMA, {}, []);
  const unknown = Object.keys(salvage.guessed).filter((key) => !known.includes(key));
  const issuesAt = (key: string) =>
    issues.filter(({ path }) => path.startsWith(key) && /^$|^[.[]/.test(path.slice(key.length)));
  const notCertain = (key: string, why: string): { issues: ConfigIssue[] } => ({
    issues: [{ path: key, message: `cannot be read with certainty: ${why}` }],
  });
  return {
    issuesAt,
    isCertain: (key) => {
      const section = salvage.section(key);
      return section.kind === 'is' || (section.kind === 'absent' && unknown.length === 0);
    },
    objectAt: (key) => {
      const section = salvage.section(key);
      if (section.kind === 'absent') {
        // A slip of the finger in its key, and nothing is left of it.
        const [slip] = unknown.flatMap(issuesAt);
        return slip === undefined ? { value: {} } : notCertain(key, issueText(slip));
      }
      if (section.kind === 'is' && isRecord(section.value)) return { value: section.value };
      const [own = issues[0]] = issuesAt(key);
      return notCertain(key, salvage.fault ?? (own === undefined ? 'it is no object' : issueText(own)));
    },
  };
}

/** Reads the texts of a section by its keys: each, or its default where it is certainly not written. */
async function textsIn<Key extends string>(
  { objectAt, issuesAt }: SectionReader,
  section: string,
  defaults: Readonly<Record<Key, string | undefined>>,
  sources: InterpolationSources,
): Promise<{ texts: Partial<Record<Key, string>> } | { issues: ConfigIssue[] }> {
  const found = objectAt(section);
  if ('issues' in found) return found;
  const own = issuesAt(section);
  if (own.length > 0) return { issues: own };
  const [first = ''] = Object.keys(defaults);
  const known = knownKeys(CONFIG_SCHEMA, {}, [section]);
  const slip = Object.keys(found.value).find((name) => !known.includes(name));
  if (slip !== undefined) {
    const message = `cannot be read with certainty: ${section} holds ${slip}`;
    return { issues: [{ path: `${section}.${first}`, message }] };
  }
  const texts: Partial<Record<Key, string>> = {};
  for (const [key, fallback] of Object.entries(defaults) as Array<[Key, string | undefined]>) {
    const path = `${section}.${key}`;
    const { value, faults } = await interpolate(found.value[key] ?? fallback, sources);
    const [fault] = faults;
    if (fault !== undefined) return { issues: [{ path, message: fault.message }] };
    if (typeof value === 'string') texts[key] = value;
    else if (value !== undefined) return { issues: [{ path, message: 'expected a text' }] };
  }
  return { texts };
}

/** All else of it may be missing or faulty: without a token, a daemon is asked all the same. */
async function serverOf(
  { objectAt, issuesAt }: SectionReader,
  sources: InterpolationSources,
): Promise<StoreAccess['server']> {
  const found = objectAt('server');
  if ('issues' in found) return null;
  const server = found.value;
  const faulty = issuesAt('server').map(({ path }) => path.slice('server.'.length));
  const isAboutAddress = (key: string): boolean => ['', 'host', 'port'].includes(key);
  if (faulty.some(isAboutAddress) || !isAddressCertain(server, faulty)) return null;
  const { host = DEFAULT_SERVER.host, port = DEFAULT_SERVER.port } = server;
  const address = await interpolate({ host, port }, sources);
  const { host: name, port: number } = address.value as { host: unknown; port: unknown };
  if (address.faults.length > 0 || typeof name !== 'string' || !/^\d{1,5}$/.test(String(number))) return null;
  const [token, viewToken] = await Promise.all(
    [server.token, server.viewToken].map(async (written) => {
      const { faults, value } = await interpolate(written, sources);
      return faults.length === 0 && typeof value === 'string' && value !== '' ? value : null;
    }),
  );
  return { host: name, port: Number(number), token: token ?? null, viewToken: viewToken ?? null };
}

function namesIn(list: unknown): Array<{ name: string }> {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each) => {
    const { name } = objectOf(each);
    return isKnown(name) ? { name } : [];
  });
}

/** A text with a placeholder in it is not known. */
function isKnown(text: unknown): text is string {
  return typeof text === 'string' && !text.includes('${');
}

function watchesIn(list: unknown): MutableWatch[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each) => {
    const { name, groupId, instanceName } = objectOf(each);
    if (!isKnown(name)) return [];
    return [{ name, ...(isKnown(groupId) && { groupId }), ...(isKnown(instanceName) && { instanceName }) }];
  });
}

/** What is wrong with how a channel sends changes nothing in who is told. */
const SENDING_ONLY = /^channels\[\d+\]\.(?!name$|fallback$|fallbackAfter$|type$)/;

/** Routes and fallbacks, where just these were written: without placeholders and without a fault of their own. */
function tellingIn(
  { isCertain, issuesAt }: SectionReader,
  { routes = [], channels = [] }: Readonly<Record<string, unknown>>,
): TellingConfig | null {
  const faults = [
    ...issuesAt('routes'),
    ...issuesAt('channels').filter(({ path }) => !SENDING_ONLY.test(path)),
  ];
  if (!isCertain('routes') || !isCertain('channels') || faults.length > 0 || !Array.isArray(channels))
    return null;
  const standIns = channels.map((each) => {
    const { name, fallback, fallbackAfter } = objectOf(each);
    return { name, fallback, fallbackAfter };
  });
  if (JSON.stringify([routes, standIns]).includes('${')) return null;
  const { data } = TELLING_SCHEMA.safeParse({ routes, channels: standIns });
  return data === undefined
    ? null
    : tellingConfigOf({
        ...data,
        routes: data.routes.map(toRoute),
        fallbacks: data.channels.flatMap(toFallback),
      });
}

function firstOf({ issues, message }: ConfigError): string {
  const [first, ...others] = issues;
  if (first === undefined) return message;
  return `${issueText(first)}${others.length === 0 ? '' : ` (and ${others.length} more)`}`;
}

/** True when every entry of the list has its name, and the list is all that was written. */
function isWholeList(
  reader: SectionReader,
  key: string,
  read: readonly unknown[],
  written: unknown,
): boolean {
  return (
    reader.isCertain(key) &&
    (written === undefined || (Array.isArray(written) && written.length === read.length))
  );
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
