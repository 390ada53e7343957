import { isDeepStrictEqual } from 'node:util';
import { ConfigError, type ConfigIssue } from '../errors.ts';
import type { WatcherConfig } from './config.ts';

/** What became of a configuration that was read while the watcher runs. */
export type ReloadOutcome =
  | ({ kind: 'applied'; warnings?: readonly ConfigIssue[] } & ConfigChanges)
  /** The one before stays in force. */
  | {
      kind: 'rejected';
      issues: readonly ConfigIssue[];
      /** There when it may come into force as it is, asked for once more: the store could not take note of it. */
      isPassing?: true;
    };

/** What another configuration changes, as far as it has a name. */
export interface ConfigChanges {
  watches: NameChanges;
  channels: NameChanges;
}

/** By name; what is in none of the lists has stayed as it was. */
export interface NameChanges {
  added: string[];
  removed: string[];
  changed: string[];
}

/** What the process has opened for its whole life. */
const NEEDS_RESTART: ReadonlyArray<[path: string, of: (config: WatcherConfig) => unknown]> = [
  // Who logs in may change: new connections do so by the new name and password.
  ['store.url', ({ store }) => placeKey(store)],
  ['store.schema', ({ store }) => store.schema],
  ['store.caFile', ({ store }) => store.caFile],
  ['audit.file', ({ audit }) => audit.file],
  ['audit.checkpoints', ({ audit }) => audit.checkpoints],
  ['audit.checkpointEvery', ({ audit }) => audit.checkpointEveryMs],
  ['audit.origin', ({ audit }) => audit.origin],
  ['audit.keyFile', ({ audit }) => audit.key.file],
  ['server.host', ({ server }) => server.host],
  ['server.port', ({ server }) => server.port],
  ['log.format', ({ log }) => log.format],
];

/** Everything of `store.url` but user and password. */
function placeKey({ url }: WatcherConfig['store']): string {
  if (!URL.canParse(url)) return url;
  const place = new URL(url);
  place.username = '';
  place.password = '';
  return place.href;
}

/**
 * Compares what the process has opened for its whole life.
 * @throws {ConfigError} with a fault for each setting that is another and takes effect only with a restart.
 */
export function refuseWhatNeedsRestart(before: WatcherConfig, next: WatcherConfig): void {
  const issues = NEEDS_RESTART.filter(([, of]) => of(before) !== of(next)).map(([path]) => ({
    path,
    message: 'cannot change while the watcher runs; restart it',
  }));
  if (issues.length > 0) throw new ConfigError(next.file, issues);
}

/** Tells which watches and channels are new, gone or other than before. */
export function changesBetween(before: WatcherConfig, next: WatcherConfig): ConfigChanges {
  return {
    watches: nameChanges(before.watches, next.watches),
    channels: nameChanges(before.channels, next.channels),
  };
}

function nameChanges(
  before: ReadonlyArray<{ name: string }>,
  next: ReadonlyArray<{ name: string }>,
): NameChanges {
  const known = new Map(before.map((each) => [each.name, each]));
  const wanted = new Map(next.map((each) => [each.name, each]));
  const names = (of: Map<string, unknown>, keep: (name: string) => boolean) => [...of.keys()].filter(keep);
  return {
    added: names(wanted, (name) => !known.has(name)),
    removed: names(known, (name) => !wanted.has(name)),
    changed: names(
      wanted,
      (name) => known.has(name) && !isDeepStrictEqual(known.get(name), wanted.get(name)),
    ),
  };
}
