import { createHash } from 'node:crypto';
import type { MutableWatch } from '../domain/telling/mute-reach.ts';
import { ConfigError, issueText } from '../errors.ts';
import type { WatcherConfig } from './config.ts';
import { DEFAULT_SERVER } from './schema/default-server.ts';
import { DEFAULT_AUDIT, DEFAULT_STORE } from './schema/default-store.ts';
import { type InterpolationSources, interpolate } from './text/interpolate.ts';
import { formatPath } from './text/paths.ts';
import { readText } from './text/read-text.ts';
import { salvageJson } from './text/salvage-json.ts';

/** As much of a configuration as a command needs that only reads, or mutes, what is stored. */
export interface StoreAccess {
  file: string;
  /** SHA-256 of the file; `null` where there is no text of its own. */
  sha256: string | null;
  store: { url: string };
  audit: { file: string };
  /** Where a daemon may be asked; `null`: that cannot be read. */
  server: WatcherConfig['server'] | null;
  /** As far as they can be read. */
  watches: readonly MutableWatch[];
  channels: ReadonlyArray<{ name: string }>;
  /** Why the rest of the file cannot be used, for people; `null`: it can. */
  fault: string | null;
}

/** Takes it out of a configuration that is sound. */
export function accessOf({
  file,
  sha256,
  store,
  audit,
  server,
  watches,
  channels,
}: WatcherConfig): StoreAccess {
  return { file, sha256, store, audit, server, watches, channels, fault: null };
}

/**
 * Reads `store.url`, and what else helps, out of a configuration that has faults, or whose secrets are not there. JSON that breaks off is read as
 * far as it goes. Placeholders are replaced only in what is used.
 * @param fault what the whole file is refused for.
 * @throws {ConfigError} that fault, when there is no file; or one about `store.url` alone.
 */
export async function readStoreAccess(
  file: string,
  { env, fault }: { env: InterpolationSources['env']; fault: ConfigError },
): Promise<StoreAccess> {
  const text = await readText(file).catch(() => {
    throw fault;
  });
  const root = objectOf(salvageJson(text.replace(/^\uFEFF/, '')));
  const sources = { env, readFile: readText };
  const { url = DEFAULT_STORE.url } = objectOf(root.store);
  const store = await interpolate({ store: { url } }, sources);
  const [storeFault] = store.faults;
  if (storeFault !== undefined || typeof url !== 'string') {
    const message = storeFault?.message ?? 'expected a text such as "sqlite:./data/watcher.db"';
    throw new ConfigError(file, [{ path: formatPath(['store', 'url']), message }]);
  }
  const audit = await interpolate(objectOf(root.audit).file ?? DEFAULT_AUDIT.file, sources);
  return {
    file,
    sha256: createHash('sha256').update(text).digest('hex'),
    store: { url: textOr(objectOf(objectOf(store.value).store).url, DEFAULT_STORE.url) },
    audit: { file: textOr(audit.value, DEFAULT_AUDIT.file) },
    server: await serverOf(objectOf(root.server), sources),
    watches: watchesIn(root.watches),
    channels: namesIn(root.channels),
    fault: firstOf(fault),
  };
}

async function serverOf(
  server: Record<string, unknown>,
  sources: InterpolationSources,
): Promise<StoreAccess['server']> {
  const { host = DEFAULT_SERVER.host, port = DEFAULT_SERVER.port } = server;
  const address = await interpolate(host, sources);
  if (address.faults.length > 0 || typeof address.value !== 'string' || !Number.isInteger(port)) return null;
  const [token, viewToken] = await Promise.all(
    [server.token, server.viewToken].map(async (written) => {
      const { faults, value } = await interpolate(written, sources);
      return faults.length === 0 && typeof value === 'string' && value !== '' ? value : null;
    }),
  );
  return { host: address.value, port: Number(port), token: token ?? null, viewToken: viewToken ?? null };
}

function namesIn(list: unknown): Array<{ name: string }> {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each) => {
    const { name } = objectOf(each);
    return typeof name === 'string' ? { name } : [];
  });
}

/** A text with a placeholder in it is not known. */
function watchesIn(list: unknown): MutableWatch[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each) => {
    const { name, groupId, instanceName } = objectOf(each);
    const isKnown = (text: unknown): text is string => typeof text === 'string' && !text.includes('${');
    if (typeof name !== 'string') return [];
    return [{ name, ...(isKnown(groupId) && { groupId }), ...(isKnown(instanceName) && { instanceName }) }];
  });
}

function firstOf({ issues, message }: ConfigError): string {
  const [first, ...others] = issues;
  if (first === undefined) return message;
  return `${issueText(first)}${others.length === 0 ? '' : ` (and ${others.length} more)`}`;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
